"""Which monitors of a Prometheus server are in breach side by side: when most fall together, the server is suspected.

Kept in memory and updated at every reconciliation. A monitor counts as soon as one reading is in breach, sooner than a
run may start (with the usual M of N), so that the first of many is held as well. A breach begins once and lasts until a
reading is good again; that most began within one interval stays true for as long as they last. After a restart the
monitors' own conditions say which were in breach and since when, until each has been reconciled. It is asked in every
reconciliation, so what it answers by is kept as monitors change: beginnings and intervals in their order.

A namespace is held by what its own monitors show. Those of other namespaces only confirm it, each namespace with one
voice however many monitors it has, and no single one is enough.
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from refit_operator.api.metadata import Ref
from refit_operator.prometheus.rules.beginnings import Time
from refit_operator.prometheus.rules.fallen import Fallen, Tally
from refit_operator.prometheus.rules.window import EPOCH

FEWEST = 10
"""Monitors below which nothing follows from their number."""
FEWEST_OTHERS = 2
"""Other namespaces that must have fallen, too, before they confirm anything."""
LONGEST_SPAN = timedelta(hours=24)
"""Breaches further apart didn't begin together, whatever the longest interval is."""


class Scope(StrEnum):
    """What fell together."""

    MONITORS = "monitors"
    NAMESPACES = "other namespaces with monitors"


@dataclass(frozen=True)
class MassBreach:
    """Most monitors of a namespace fell into breach together, or most namespaces that ask one server did."""

    server: str
    together: int
    total: int
    span: timedelta
    scope: Scope = Scope.MONITORS


@dataclass(frozen=True, slots=True)
class _Monitor:
    interval: timedelta
    since: datetime | None
    """When its breach began."""
    counts: bool

    @property
    def begun(self) -> Time | None:
        """The same as a time to which a span can be added."""
        return None if self.since is None else self.since - EPOCH


class _Server:
    """The monitors that ask one server, and what is kept of those that count, so that no question visits them all."""

    def __init__(self) -> None:
        self.monitors: dict[Ref, _Monitor] = {}
        self._tallies: dict[str, Tally] = {}
        """Of the namespaces with monitors that count."""
        self._intervals: list[timedelta] = []
        """Of all monitors that count, in order."""
        self._fallen = Fallen()

    def put(self, ref: Ref, monitor: _Monitor) -> None:
        """Know this of the monitor from now on."""
        if self.monitors.get(ref) == monitor:
            return
        self.remove(ref)
        self.monitors[ref] = monitor
        if monitor.counts:
            tally = self._tallies.setdefault(ref.namespace, Tally())
            insort(self._intervals, monitor.interval)
            tally.add(monitor.interval, monitor.begun)
            self._fallen.change(ref.namespace)

    def remove(self, ref: Ref) -> None:
        """Know nothing of the monitor any more."""
        monitor = self.monitors.pop(ref, None)
        if monitor is None or not monitor.counts:
            return
        tally = self._tallies[ref.namespace]
        del self._intervals[bisect_left(self._intervals, monitor.interval)]
        tally.remove(monitor.interval, monitor.begun)
        self._fallen.change(ref.namespace)
        if not tally:
            del self._tallies[ref.namespace]
            self._fallen.drop(ref.namespace)

    def of(self, address: str, namespace: str) -> MassBreach | None:
        """Return the mass breach that holds the namespace's monitors."""
        own = self._tallies.get(namespace)
        if own is None or not own.has_fallen:
            return None
        return _among_monitors(address, own) or self._among_namespaces(address, namespace)

    def _among_namespaces(self, address: str, namespace: str) -> MassBreach | None:
        span, others = _span(self._intervals), len(self._tallies) - 1
        if len(self._intervals) < FEWEST or others < FEWEST_OTHERS:
            return None
        together = self._fallen.most_with(namespace, span, self._tallies)
        if together < FEWEST_OTHERS or 2 * together <= others:
            return None
        return MassBreach(address, together, others, span, Scope.NAMESPACES)


class MassBreachDetector:
    """All monitors by the server that they ask."""

    def __init__(self, allow_mass_retrain: bool = False) -> None:
        self._allow = allow_mass_retrain
        self._servers: dict[str, _Server] = {}
        self._places: dict[Ref, str] = {}

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._places

    def record(
        self, server: str, ref: Ref, interval: timedelta, breached_since: datetime | None, counts: bool = True
    ) -> None:
        """Record what a reconciliation found; a breach that goes on keeps its first beginning."""
        if self._places.get(ref) != server:
            self.remove(ref)
        self._places[ref] = server
        known = self._servers.setdefault(server, _Server())
        before = known.monitors[ref].since if ref in known.monitors else None
        since = min(breached_since, before) if breached_since and before else breached_since
        known.put(ref, _Monitor(interval, since, counts))

    def recount(self, ref: Ref, counts: bool) -> None:
        """Record whether the monitor counts now; its breach keeps its beginning."""
        server = self._servers[self._places[ref]]
        server.put(ref, replace(server.monitors[ref], counts=counts))

    def remove(self, ref: Ref) -> None:
        """Remove a monitor that is gone, or asks another server."""
        address = self._places.pop(ref, None)
        if address is None:
            return
        server = self._servers[address]
        server.remove(ref)
        if not server.monitors:
            del self._servers[address]

    def of(self, server: str, namespace: str) -> MassBreach | None:
        """Return the mass breach that holds the namespace's monitors of the server.

        None where there is none, or the administrator allows runs during one.
        """
        known = self._servers.get(server)
        return None if self._allow or known is None else known.of(server, namespace)


def _among_monitors(server: str, own: Tally) -> MassBreach | None:
    if len(own) < FEWEST:
        return None
    span = _span(own.intervals)
    together = own.begun.most_within(span)
    return MassBreach(server, together, len(own), span) if 2 * together > len(own) else None


def _span(intervals: list[timedelta]) -> timedelta:
    return min(LONGEST_SPAN, intervals[-1])
