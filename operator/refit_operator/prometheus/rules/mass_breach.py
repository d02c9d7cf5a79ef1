"""Which monitors of a Prometheus server are in breach side by side: when most fall together, the server is suspected.

Kept in memory and updated at every reconciliation. A monitor counts as soon as one reading is in breach, sooner than a
run may start (with the usual M of N), so that the first of many is held as well. A breach begins once and lasts until a
reading is good again; that most began within one interval stays true for as long as they last. After a restart the
monitors' own conditions say which were in breach and since when, until each has been reconciled.

A namespace is held by what its own monitors show. Those of other namespaces only confirm it, each namespace with one
voice however many monitors it has, and no single one is enough.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from refit_operator.api.metadata import Ref

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


@dataclass(frozen=True)
class _Monitor:
    interval: timedelta
    since: datetime | None
    """When its breach began."""
    counts: bool


Breaches = Mapping[str, list[datetime]]
"""When the breaches of each namespace began."""


def began_together(begun: Iterable[datetime], span: timedelta) -> int:
    """Return the most breaches that began within one span of time."""
    begun, most, first = sorted(begun), 0, 0
    for last, time in enumerate(begun):
        while time - begun[first] > span:
            first += 1
        most = max(most, last - first + 1)
    return most


def fell_together(namespace: str, breaches: Breaches, sizes: Mapping[str, int], span: timedelta) -> int:
    """Return the most other namespaces that fell within one span of time with this one: most of their monitors did."""
    begun = sorted((time, name) for name, times in breaches.items() for time in times)
    within: Counter[str] = Counter()
    fallen: set[str] = set()
    most = first = 0
    for time, name in begun:
        within[name] += 1
        if 2 * within[name] > sizes[name]:
            fallen.add(name)
        while time - begun[first][0] > span:
            left = begun[first][1]
            within[left] -= 1
            if 2 * within[left] <= sizes[left]:
                fallen.discard(left)
            first += 1
        most = max(most, len(fallen) - 1 if namespace in fallen else 0)
    return most


class MassBreachDetector:
    """All monitors by the server that they ask and their namespace."""

    def __init__(self, allow_mass_retrain: bool = False) -> None:
        self._allow = allow_mass_retrain
        self._servers: dict[str, dict[str, dict[Ref, _Monitor]]] = {}
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
        monitors = self._servers.setdefault(server, {}).setdefault(ref.namespace, {})
        before = monitors[ref].since if ref in monitors else None
        since = min(breached_since, before) if breached_since and before else breached_since
        monitors[ref] = _Monitor(interval, since, counts)

    def recount(self, ref: Ref, counts: bool) -> None:
        """Record whether the monitor counts now; its breach keeps its beginning."""
        monitors = self._servers[self._places[ref]][ref.namespace]
        monitors[ref] = replace(monitors[ref], counts=counts)

    def remove(self, ref: Ref) -> None:
        """Remove a monitor that is gone, or asks another server."""
        server = self._places.pop(ref, None)
        if server is None:
            return
        namespaces = self._servers[server]
        del namespaces[ref.namespace][ref]
        if not namespaces[ref.namespace]:
            del namespaces[ref.namespace]
        if not namespaces:
            del self._servers[server]

    def of(self, server: str, namespace: str) -> MassBreach | None:
        """Return the mass breach that holds the namespace's monitors of the server.

        None where there is none, or the administrator allows runs during one.
        """
        own = self._counted(server, namespace)
        if self._allow or not _have_most_fallen(own):
            return None
        return _among_monitors(server, own) or self._among_namespaces(server, namespace)

    def _among_namespaces(self, server: str, namespace: str) -> MassBreach | None:
        all_of = {name: self._counted(server, name) for name in self._servers[server]}
        monitors = [monitor for found in all_of.values() for monitor in found]
        sizes = {name: len(found) for name, found in all_of.items() if found}
        if len(monitors) < FEWEST:
            return None
        breaches = {name: _begun(found) for name, found in all_of.items() if _have_most_fallen(found)}
        span, others = _span(monitors), len(sizes) - 1
        together = fell_together(namespace, breaches, sizes, span)
        if together < FEWEST_OTHERS or 2 * together <= others:
            return None
        return MassBreach(server, together, others, span, Scope.NAMESPACES)

    def _counted(self, server: str, namespace: str) -> list[_Monitor]:
        found = self._servers.get(server, {}).get(namespace, {})
        return [monitor for monitor in found.values() if monitor.counts]


def _among_monitors(server: str, own: list[_Monitor]) -> MassBreach | None:
    if len(own) < FEWEST:
        return None
    span = _span(own)
    together = began_together(_begun(own), span)
    return MassBreach(server, together, len(own), span) if 2 * together > len(own) else None


def _have_most_fallen(monitors: list[_Monitor]) -> bool:
    return 2 * len(_begun(monitors)) > len(monitors)


def _begun(monitors: list[_Monitor]) -> list[datetime]:
    return [monitor.since for monitor in monitors if monitor.since]


def _span(monitors: list[_Monitor]) -> timedelta:
    return min(LONGEST_SPAN, max(monitor.interval for monitor in monitors))
