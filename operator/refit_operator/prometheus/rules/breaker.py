"""Whether a server that didn't answer is asked again: a circuit breaker for each server and namespace. Pure.

After `TIMEOUTS` queries in a row that timed out it opens: queries aren't sent, but for one every `PAUSE` seconds. One
that doesn't time out closes it. It is a namespace's own: by heavy queries one could otherwise keep all others from
a server that answers theirs.
"""

from dataclasses import dataclass, replace

from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed

TIMEOUTS = 5
"""Queries that timed out in a row after which it opens."""
PAUSE = 30.0
"""Seconds from one query to the next while it is open: longer than a query may take, so that they come one by one."""
SLOW = 5.0
"""Seconds after which a failure counts as a timeout: a server that gives a query up itself answers with an error."""
MAX_BREAKERS = 1024
"""Servers of namespaces whose timeouts are remembered; the first to have timed out is forgotten."""

Key = tuple[str, str]
"""A server's address and the namespace that asks it."""


def has_timed_out(found: object, waited: float) -> bool:
    """Return whether a query was in vain and took its time; `waited` is in seconds."""
    return isinstance(found, QueryFailed) and (found.kind is FailureKind.Timeout or waited >= SLOW)


@dataclass(frozen=True)
class _Breaker:
    timeouts: int = 0
    next_try: float = 0.0

    @property
    def is_open(self) -> bool:
        return self.timeouts >= TIMEOUTS

    def timed_out(self, now: float) -> "_Breaker":
        opens = self.timeouts + 1 == TIMEOUTS
        return _Breaker(self.timeouts + 1, now + PAUSE if opens else self.next_try)


class Breakers:
    """The breakers of all servers and namespaces. Times are seconds of a clock that never goes back."""

    def __init__(self) -> None:
        self._breakers: dict[Key, _Breaker] = {}

    @property
    def open(self) -> int:
        """How many are open."""
        return sum(breaker.is_open for breaker in self._breakers.values())

    def refuse(self, key: Key, now: float) -> str:
        """Return why a query isn't sent now; empty where it is, which while open begins the next pause."""
        breaker = self._breakers.get(key, _Breaker())
        if not breaker.is_open:
            return ""
        if now >= breaker.next_try:
            self._breakers[key] = replace(breaker, next_try=now + PAUSE)
            return ""
        return (
            f"it didn't answer in time {TIMEOUTS} times in a row, so this query wasn't sent; "
            f"one of this namespace is sent every {PAUSE:.0f} s until it answers"
        )

    def record(self, key: Key, timed_out: bool, now: float) -> None:
        """Record how a query ended."""
        if not timed_out:
            self._breakers.pop(key, None)
            return
        self._breakers[key] = self._breakers.get(key, _Breaker()).timed_out(now)
        if len(self._breakers) > MAX_BREAKERS:
            del self._breakers[next(iter(self._breakers))]
