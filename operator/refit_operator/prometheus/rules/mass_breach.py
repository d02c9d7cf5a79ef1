"""Which monitors of a Prometheus server are in breach side by side: when most fall together, the server is suspected.

Kept in memory and updated at every reconciliation. A monitor counts as soon as one reading is in breach, sooner than a
run may start (with the usual M of N), so that the first of many is held as well. A breach begins once and lasts until a
reading is good again; that most began within one interval stays true for as long as they last. After a restart the
monitors' own conditions say which were in breach and since when, until each has been reconciled.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from refit_operator.api.metadata import Ref

FEWEST = 10
"""Monitors on a server below which nothing follows from their number."""


@dataclass(frozen=True)
class MassBreach:
    """Most monitors of a server fell into breach together."""

    server: str
    together: int
    monitors: int
    span: timedelta


def began_together(begun: list[datetime], span: timedelta) -> int:
    """Return the most breaches that began within one span of time. Pure."""
    begun, most, first = sorted(begun), 0, 0
    for last, time in enumerate(begun):
        while time - begun[first] > span:
            first += 1
        most = max(most, last - first + 1)
    return most


@dataclass
class _Server:
    intervals: dict[Ref, timedelta] = field(default_factory=dict)
    breached: dict[Ref, datetime] = field(default_factory=dict)

    def drop(self, ref: Ref) -> None:
        self.intervals.pop(ref, None)
        self.breached.pop(ref, None)


class MassBreachDetector:
    """All monitors by the server that they ask."""

    def __init__(self, allow_mass_retrain: bool = False) -> None:
        self._allow = allow_mass_retrain
        self._servers: dict[str, _Server] = defaultdict(_Server)
        self._places: dict[Ref, str] = {}

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._places

    def record(self, server: str, ref: Ref, interval: timedelta, breached_since: datetime | None) -> None:
        """Record what a reconciliation found; a breach that goes on keeps its first beginning."""
        if self._places.get(ref) != server:
            self.remove(ref)
        place = self._servers[server]
        self._places[ref] = server
        place.intervals[ref] = interval
        if breached_since is None:
            place.breached.pop(ref, None)
        else:
            place.breached[ref] = min(breached_since, place.breached.get(ref, breached_since))

    def remove(self, ref: Ref) -> None:
        """Remove a monitor that is gone, or asks another server."""
        server = self._places.pop(ref, None)
        if server is not None:
            self._servers[server].drop(ref)

    def of(self, server: str) -> MassBreach | None:
        """Return the server's mass breach; None where there is none, or the administrator allows runs during one."""
        place = self._servers[server]
        total = len(place.intervals)
        if self._allow or total < FEWEST or 2 * len(place.breached) <= total:
            return None
        span = max(place.intervals.values())
        together = began_together(list(place.breached.values()), span)
        return MassBreach(server, together, total, span) if 2 * together > total else None
