"""Monitors at rest that are read together: one server, one grid, one form of query. No network here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from refit_operator.api.metadata import Ref
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.monitor.rules.rest import Rest
from refit_operator.prometheus.reader import Grid
from refit_operator.prometheus.rules.reading import Bounds, FailureKind, QueryFailed, Reading

MOST_BEHIND = 10
"""Points that are caught up with; the members of a group that is further behind are reconciled."""


@dataclass(frozen=True)
class Form:
    """What is asked of a monitor."""

    window: timedelta | None
    """Of a ratio, whose two selectors are asked; None for a query."""
    has_samples: bool
    below: bool
    bounds: Bounds
    max_age: timedelta | None = None
    min_samples: float | None = None


@dataclass(frozen=True)
class GroupKey:
    """What monitors have in common that are read together."""

    address: str
    prometheus: str
    """The spec of the server, as JSON."""
    namespace: str
    """Whose credentials and breaker the queries go by; empty for those of all namespaces that need no credentials and
    are answered.
    """
    grid: Grid
    form: Form
    failed: FailureKind | None = None
    """How their queries fail; None where they are answered, Timeout also where they aren't sent because others did."""

    def of(self, namespace: str) -> "GroupKey":
        """Return the key of one namespace's monitors alone."""
        return replace(self, namespace=namespace)


@dataclass(slots=True)
class Member:
    """A monitor at rest."""

    rest: Rest
    asked: tuple[str, ...]
    """Its queries, with variables filled in: a ratio's two selectors, or the query, then those of its samples, of its
    freshness and of the samples that must stand behind it, as far as its form has them.
    """
    version: int
    """The resourceVersion that the reconciliation read, or wrote."""


@dataclass
class Group:
    """The monitors of one key."""

    key: GroupKey
    prometheus: PrometheusSpec
    point: datetime
    """The next one to read."""
    members: dict[Ref, Member] = field(default_factory=dict)
    sent: int = 0
    """Queries that were sent of those of which one is asked for all: each is in its turn."""

    @property
    def due(self) -> datetime:
        """When the point may be read."""
        return self.point + self.key.grid.delay

    def points(self, now: datetime) -> Iterator[datetime]:
        """Yield the points that may be read, oldest first; after each the next one is asked for.

        Where queries fail only the newest: how a query fails says nothing of the time that it is for.
        """
        newest = self._newest(now)
        if self.key.failed and self.point < newest:
            self.point = newest
        while self.point <= newest:
            yield self.point
            self.point += self.key.grid.interval

    def is_far_behind(self, now: datetime) -> bool:
        """Return whether more points are due than are caught up with."""
        return not self.key.failed and self._newest(now) - self.point > MOST_BEHIND * self.key.grid.interval

    def skip(self, now: datetime) -> None:
        """Go on with the first point that may not be read yet."""
        self.point = self._newest(now) + self.key.grid.interval

    def _newest(self, now: datetime) -> datetime:
        return self.key.grid.points(now, 1)[0]

    def to_read(self, point: datetime) -> dict[Ref, Member]:
        """Return the members that weren't read at the point or after it."""
        return {ref: member for ref, member in self.members.items() if member.rest.read < point}

    def asked_of(self, refs: Sequence[Ref]) -> Sequence[Ref]:
        """Return whose queries are asked: where they fail, of one for all."""
        return [refs[self.sent % len(refs)]] if self.key.failed else refs

    def have_asked(self, readings: Sequence[Reading]) -> None:
        """Take the next one's turn, unless the query wasn't sent."""
        self.sent += not any(
            isinstance(each, QueryFailed) and each.kind is FailureKind.CircuitOpen for each in readings
        )
