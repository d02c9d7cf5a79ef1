"""Who is reconciled next, while fewer are reconciled than are due: each namespace has its share, and in it the most
urgent come first. Pure.

A server that hangs, or answers slowly, holds a slot for as long as it is waited for. So a namespace takes another slot
only while it holds fewer than are free: one alone has at most half of them, and the last that is free goes only to a
namespace that holds none. Nobody has to wait for the queries of another namespace.

Next is a monitor of the namespaces that hold fewest, the most urgent of all that wait there, and among equals the one
that was due first. Whoever waits becomes more urgent with time, so that nobody waits for ever.
"""

import heapq
import itertools
from bisect import bisect_left, insort
from collections import Counter
from enum import IntEnum
from typing import NamedTuple

from refit_operator.api.metadata import Ref

PATIENCE = 60.0
"""Seconds of waiting after which a monitor counts as one step more urgent."""


class Urgency(IntEnum):
    """What may follow from a reconciliation; the smaller, the more urgent."""

    UNDER_WAY = 0
    """A run trains, is promoted, verified or rolled back."""
    MAY_START = 1
    """A run, or its Job, might be started: a breach, a request, a free place."""
    QUIET = 2
    """Nothing is known that would make it so: a first reconciliation, a list, an hour at rest."""


class Waiting(NamedTuple):
    """A monitor that waits, in the order in which those of one urgency come."""

    due: float
    number: int
    ref: Ref


class Slots:
    """The slots of all namespaces, and who waits for one."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._held: Counter[str] = Counter()
        self._waiting: dict[Ref, tuple[Urgency, Waiting]] = {}
        self._lines: dict[tuple[str, Urgency], list[Waiting]] = {}
        """A heap for each namespace and urgency; those that have moved to another are dropped once they are first."""
        self._first: dict[int, dict[Urgency, list[Waiting]]] = {}
        """The first of each line, in order, by how many slots their namespaces hold."""
        self._shown: dict[str, list[tuple[int, Urgency, Waiting]]] = {}
        """What of each namespace is among the first."""
        self._count = itertools.count()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def oldest(self) -> float | None:
        """When the monitor was due that waits longest; None where none waits."""
        return min((line[0].due for first in self._first.values() for line in first.values()), default=None)

    def wait(self, ref: Ref, due: float, urgency: Urgency) -> None:
        """Have the monitor wait for a slot; one that waits already keeps its place, or moves to a more urgent one."""
        if ref in self._waiting and self._waiting[ref][0] <= urgency:
            return
        waiting = Waiting(due, next(self._count), ref)
        self._waiting[ref] = urgency, waiting
        heapq.heappush(self._lines.setdefault((ref.namespace, urgency), []), waiting)
        self._show(ref.namespace)

    def hasten(self, ref: Ref, urgency: Urgency) -> None:
        """Have the monitor wait among the more urgent, if it waits."""
        if ref in self._waiting:
            self.wait(ref, self._waiting[ref][1].due, urgency)

    def take(self, now: float) -> Ref | None:
        """Give a slot to the monitor that is next; None where none is free for any that waits."""
        fewest = min(self._first, default=self._free)
        if fewest >= self._free:
            return None
        first = self._first[fewest]
        _, (_, _, ref) = min((_rank(urgency, now - line[0].due), line[0]) for urgency, line in first.items())
        del self._waiting[ref]
        self._free -= 1
        self._held[ref.namespace] += 1
        self._show(ref.namespace)
        return ref

    def release(self, namespace: str) -> None:
        """Free a slot that the namespace held."""
        self._free += 1
        self._held[namespace] -= 1
        if not self._held[namespace]:
            del self._held[namespace]
        self._show(namespace)

    def _show(self, namespace: str) -> None:
        """Have the first of a namespace's lines among those of the namespaces that hold as many slots."""
        for held, urgency, waiting in self._shown.pop(namespace, ()):
            self._hide(held, urgency, waiting)
        held = self._held.get(namespace, 0)
        firsts = ((urgency, self._first_of(namespace, urgency)) for urgency in Urgency)
        shown = [(held, urgency, waiting) for urgency, waiting in firsts if waiting]
        for _, urgency, waiting in shown:
            insort(self._first.setdefault(held, {}).setdefault(urgency, []), waiting)
        if shown:
            self._shown[namespace] = shown

    def _hide(self, held: int, urgency: Urgency, waiting: Waiting) -> None:
        line = self._first[held][urgency]
        del line[bisect_left(line, waiting)]
        if not line:
            del self._first[held][urgency]
        if not self._first[held]:
            del self._first[held]

    def _first_of(self, namespace: str, urgency: Urgency) -> Waiting | None:
        line = self._lines.get((namespace, urgency), [])
        while line and self._waiting.get(line[0].ref) != (urgency, line[0]):
            heapq.heappop(line)
        if line:
            return line[0]
        self._lines.pop((namespace, urgency), None)
        return None


def _rank(urgency: Urgency, waited: float) -> int:
    return max(Urgency.UNDER_WAY, urgency - int(waited / PATIENCE))
