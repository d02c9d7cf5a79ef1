"""Who is reconciled next, while fewer are reconciled than are due: each namespace has its share. Pure.

A server that hangs, or answers slowly, holds a slot for as long as it is waited for. So a namespace takes another slot
only while it holds fewer than are free: one alone has at most half of them, and the last that is free goes only to a
namespace that holds none. Nobody has to wait for the queries of another namespace.
"""

import heapq
import itertools
from collections import Counter

from refit_operator.api.metadata import Ref

Waiting = tuple[float, int, Ref]
"""When it was due, and the order in which those came that were due at the same time."""


class Slots:
    """The slots of all namespaces, and who waits for one."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._held: Counter[str] = Counter()
        self._waiting: dict[str, list[Waiting]] = {}
        self._count = itertools.count()

    def wait(self, ref: Ref, due: float) -> None:
        """Have the monitor wait for a slot, behind those of its namespace that were due before it."""
        heapq.heappush(self._waiting.setdefault(ref.namespace, []), (due, next(self._count), ref))

    def take(self) -> Ref | None:
        """Give a slot to the monitor that is next; None where none is free for any that waits."""
        able = [namespace for namespace in self._waiting if self._held[namespace] < self._free]
        if not able:
            return None
        namespace = min(able, key=lambda one: (self._held[one], self._waiting[one][0]))
        _, _, ref = heapq.heappop(self._waiting[namespace])
        if not self._waiting[namespace]:
            del self._waiting[namespace]
        self._free -= 1
        self._held[namespace] += 1
        return ref

    def release(self, namespace: str) -> None:
        """Free a slot that the namespace held."""
        self._free += 1
        self._held[namespace] -= 1
        if not self._held[namespace]:
            del self._held[namespace]
