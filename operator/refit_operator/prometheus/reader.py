"""Ask for a monitor's window: the last N points of its grid, in one range query, and whether they can be believed.

The window is not kept anywhere: after a restart the same query gives the same readings.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeGuard

from refit_operator.api.metric import DEFAULT_WINDOW, MetricSpec, Ratio
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.prometheus.guarded import GuardedServer
from refit_operator.prometheus.rules.breaker import Breakers
from refit_operator.prometheus.rules.counting import GOOD, PART, TOTAL, counting_query, read_ratio, with_counts
from refit_operator.prometheus.rules.namespaces import namespace_objection
from refit_operator.prometheus.rules.promql import (
    VARIABLES,
    QueryInvalid,
    freshness_query,
    parse_query,
    substitute,
    variables_of,
)
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Reading, Value
from refit_operator.prometheus.rules.sentences import one_line
from refit_operator.prometheus.rules.shape import shape_of
from refit_operator.prometheus.rules.validity import demand_fresh, demand_samples
from refit_operator.prometheus.rules.window import INGESTION_DELAY, Window, grid_offset, grid_times, next_grid_time
from refit_operator.prometheus.servers import Servers

DEFAULT_INTERVAL = timedelta(minutes=1)
"""Time between readings of a query without any range."""


@dataclass(frozen=True)
class Subject:
    """Whose readings: where the Secrets are, and what the variables of the queries stand for."""

    namespace: str
    name: str
    target: str
    digest: str = ""
    """Of the live checkpoint, with its `sha256:`; empty where the target has no pointer."""

    def fill(self, query: str, now: datetime) -> str | QueryFailed:
        """Return the query with its variables filled in."""
        try:
            return self._fill(query, now)
        except QueryInvalid as error:
            return QueryFailed(FailureKind.BadQuery, str(error), now)

    def _fill(self, query: str, now: datetime) -> str | QueryFailed:
        if "digest" in variables_of(query) and not self.digest:
            message = "$(digest) has no value: the target carries no checkpoint pointer with a digest yet"
            return QueryFailed(FailureKind.NoValue, message, now)
        values = {"name": self.name, "namespace": self.namespace, "target": self.target, "digest": self.digest}
        return substitute(query, values)


_ANYBODY = {name: name for name in VARIABLES}


@lru_cache(maxsize=4096)
def query_error(query: str, label: str = "", namespace: str = "anybody") -> str:
    """Return why the query doesn't parse, which of its variables doesn't exist, or where it reads other namespaces.

    Empty where it is fine. The answer is remembered by the text, and so for as long as a generation of the monitor says
    the same.
    """
    try:
        return one_line(namespace_objection(substitute(query, _ANYBODY | {"namespace": namespace}), label, namespace))
    except QueryInvalid as error:
        return str(error)


@dataclass(frozen=True)
class Grid:
    """The times at which a metric is read."""

    interval: timedelta
    offset: timedelta
    query_range: timedelta
    """How far back a reading reads, offsets included."""

    @property
    def delay(self) -> timedelta:
        """How long after a point it is read: by then its samples are stored."""
        return min(INGESTION_DELAY, self.interval / 4)

    def points(self, now: datetime, count: int) -> tuple[datetime, ...]:
        """Return the newest points that may be read, oldest first."""
        return grid_times(now - self.delay, self.interval, self.offset, count)

    def next_reading(self, now: datetime) -> datetime:
        """Return when the next point may be read."""
        return next_grid_time(now - self.delay, self.interval, self.offset) + self.delay


@dataclass(frozen=True)
class Reader:
    """How readings are asked for."""

    servers: Servers
    namespace_label: str = ""
    """The label that each selector must match against the monitor's namespace; empty: none."""
    breakers: Breakers = field(default_factory=Breakers)

    def query_error(self, query: str, namespace: str) -> str:
        """Return why a query of a monitor of the namespace may not be asked; empty where it may."""
        return query_error(query, self.namespace_label, namespace)

    def fill(self, subject: Subject, query: str, now: datetime) -> str | QueryFailed:
        """Return the query as it may be asked: with its variables filled in, and of one namespace."""
        filled = subject.fill(query, now)
        if isinstance(filled, QueryFailed):
            return filled
        objection = namespace_objection(filled, self.namespace_label, subject.namespace)
        return QueryFailed(FailureKind.BadQuery, one_line(objection), now) if objection else filled

    def grid_of(self, prometheus: PrometheusSpec, metric: MetricSpec) -> Grid:
        """Return the metric's grid: one for all values that its variables and labels may have. Raises QueryInvalid."""
        parsed = parse_query(metric.promql)
        interval = metric.interval or parsed.longest_range or DEFAULT_INTERVAL
        offset = grid_offset(self.servers.address_of(prometheus), shape_of(metric.promql), interval)
        return Grid(interval, offset, parsed.reach)

    async def window(
        self, subject: Subject, prometheus: PrometheusSpec, metric: MetricSpec, count: int, now: datetime
    ) -> Window | QueryFailed:
        """Return the last `count` readings, oldest first: values only where they are fresh and well backed."""
        times = self.grid_of(prometheus, metric).points(now, count)
        server = await self.open(subject.namespace, prometheus, times[-1])
        if isinstance(server, QueryFailed):
            return server
        query = self.fill(subject, metric.promql, times[-1])
        if isinstance(query, QueryFailed):
            return query
        if metric.ratio:
            window = await self._counted(server, subject, metric, metric.ratio, times)
        else:
            window = await server.read_window(query, times, (metric.bounds.min, metric.bounds.max))
        if metric.samples:
            window = await _count(server, self.fill(subject, metric.samples, times[-1]), metric.below, window, times)
        if metric.max_age:
            window = await _demand_fresh(server, query, metric.max_age, window, times)
        if metric.min_samples:
            counting = self.fill(subject, metric.min_samples.query, times[-1])
            window = await _demand_samples(server, counting, metric.min_samples.count, window, times)
        return window

    async def _counted(
        self, server: GuardedServer, subject: Subject, metric: MetricSpec, ratio: Ratio, times: "Times"
    ) -> Window | QueryFailed:
        """Return the readings of a ratio: both counters in one query."""
        good = self.fill(subject, ratio.good, times[-1])
        total = self.fill(subject, ratio.total, times[-1])
        if isinstance(good, QueryFailed):
            return good
        if isinstance(total, QueryFailed):
            return total
        query = counting_query(good, total, metric.window or DEFAULT_WINDOW)
        parts = await server.read_parts(query, times, PART, (GOOD, TOTAL))
        if isinstance(parts, QueryFailed):
            return parts
        return read_ratio(parts[0], parts[1], metric.below, (metric.bounds.min, metric.bounds.max))

    async def once(self, subject: Subject, prometheus: PrometheusSpec, query: str, now: datetime) -> Reading:
        """Return the query's value now."""
        server = await self.open(subject.namespace, prometheus, now)
        if isinstance(server, QueryFailed):
            return server
        filled = self.fill(subject, query, now)
        return filled if isinstance(filled, QueryFailed) else await server.read_instant(filled, now)

    async def parts(
        self,
        subject: Subject,
        prometheus: PrometheusSpec,
        query: str,
        label: str,
        parts: tuple[str, ...],
        now: datetime,
    ) -> tuple[Window, ...] | QueryFailed:
        """Return the query's values now, told apart by a label."""
        server = await self.open(subject.namespace, prometheus, now)
        if isinstance(server, QueryFailed):
            return server
        filled = self.fill(subject, query, now)
        return filled if isinstance(filled, QueryFailed) else await server.read_parts(filled, (now,), label, parts)

    async def open(
        self, namespace: str, prometheus: PrometheusSpec, now: datetime, breaker: str | None = None
    ) -> GuardedServer | QueryFailed:
        """Return the server as the namespace may ask it: behind its breaker, or behind another one."""
        server = await self.servers.open(namespace, prometheus, now)
        if isinstance(server, QueryFailed):
            return server
        key = (self.servers.address_of(prometheus), namespace if breaker is None else breaker)
        return GuardedServer(server, key, self.breakers)


Times = tuple[datetime, ...]


def _has_values(window: Window | QueryFailed) -> TypeGuard[Window]:
    """Return whether there is anything to doubt."""
    return not isinstance(window, QueryFailed) and any(isinstance(reading, Value) for reading in window)


async def _demand_fresh(
    server: GuardedServer, query: str, max_age: timedelta, window: Window | QueryFailed, times: Times
) -> Window | QueryFailed:
    if not _has_values(window):
        return window
    ages = await server.read_window(freshness_query(query, max_age), times)
    return blame("metric.maxAge", ages) if isinstance(ages, QueryFailed) else demand_fresh(window, ages, max_age)


async def _count(
    server: GuardedServer, query: str | QueryFailed, below: bool, window: Window | QueryFailed, times: Times
) -> Window | QueryFailed:
    """Return the window with the outcomes behind each value."""
    if not _has_values(window):
        return window
    counts = query if isinstance(query, QueryFailed) else await server.read_window(query, times)
    return blame("metric.samples", counts) if isinstance(counts, QueryFailed) else with_counts(window, counts, below)


async def _demand_samples(
    server: GuardedServer, query: str | QueryFailed, minimum: float, window: Window | QueryFailed, times: Times
) -> Window | QueryFailed:
    if not _has_values(window):
        return window
    counts = query if isinstance(query, QueryFailed) else await server.read_window(query, times)
    if isinstance(counts, QueryFailed):
        return blame("metric.minSamples", counts)
    return demand_samples(window, counts, minimum)


def blame(field: str, failed: QueryFailed) -> QueryFailed:
    """Return the failure of another query than the metric's, with the field that has it."""
    return replace(failed, message=f"{field}: {failed.message}")
