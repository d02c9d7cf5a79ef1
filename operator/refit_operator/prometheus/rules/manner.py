"""How a server is asked for many readings, by what it has shown to bear. Pure.

A query that it refused is asked apart from the others until it is answered, so that it is looked for only once. After a
batch that wasn't answered in time all are half as large, and grow again slowly: queries that are each answered in time
may take too long together.

A server that seems to take no request's body is asked by addresses, in many small batches. A damaged answer looks the
same, so a body is tried again now and then, at the price of a few queries.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

MOST_APART = 4096
"""Queries of a server that are known to fail by themselves; one more is looked for each time."""
SMALLEST = 64
"""By how much batches shrink at most."""
CALM = 6
"""Rounds in which every batch was answered, after which all are twice as large again."""
BODIES_AGAIN = 100
"""Rounds by addresses after which a batch is sent in a request's body again."""


@dataclass(frozen=True)
class Manner:
    """What a server has shown."""

    in_body: bool = True
    """Whether batches are sent in a request's body: a proxy may let none through."""
    without_body: int = 0
    """Rounds since none are."""
    apart: frozenset[int] = frozenset()
    """Hashes of what is asked apart; two that are the same cost one query more."""
    shrunk: int = 1
    """By how much batches are smaller than they may be."""
    calm: int = 0
    """Rounds since batches were shrunk in which every one was answered."""

    def divide(self, refused: AbstractSet[int], answered: AbstractSet[int]) -> "Manner":
        """Return it with what was refused, and without what was answered, alone."""
        kept = self.apart - answered
        return replace(self, apart=frozenset([*kept, *sorted(refused - kept)[: MOST_APART - len(kept)]]))

    def resize(self, timed_out: bool, all_answered: bool) -> "Manner":
        """Return it after a round in which a batch timed out, or each was answered."""
        if timed_out:
            return replace(self, shrunk=min(SMALLEST, 2 * self.shrunk), calm=0)
        if self.shrunk == 1 or not all_answered:
            return self
        calm = self.calm + 1
        return replace(self, calm=calm) if calm < CALM else replace(self, shrunk=self.shrunk // 2, calm=0)

    def by_addresses(self) -> "Manner":
        """Return it after a batch in a request's body was refused, and a query by its address wasn't."""
        return replace(self, in_body=False, without_body=0)

    def try_bodies(self) -> "Manner":
        """Return it after a round: with bodies again, if it had none for long enough."""
        if self.in_body:
            return self
        rounds = self.without_body + 1
        return replace(self, in_body=rounds >= BODIES_AGAIN, without_body=rounds % BODIES_AGAIN)
