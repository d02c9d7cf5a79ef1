"""Ask for a monitor's window: the last N points of its grid, in one range query.

The window is not kept anywhere: after a restart the same query gives the same readings.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from refit_operator.api.metric import MetricSpec, PrometheusSpec
from refit_operator.signal.prometheus import PrometheusServer, read_window
from refit_operator.signal.promql import parse_query
from refit_operator.signal.reading import QueryFailed, Reading
from refit_operator.signal.window import INGESTION_DELAY, grid_offset, grid_times, next_grid_time

DEFAULT_INTERVAL = timedelta(minutes=1)
"""Time between readings of a query without any range."""


@dataclass(frozen=True)
class Grid:
    """The times at which a metric is read."""

    interval: timedelta
    offset: timedelta
    query_range: timedelta
    """How far back a reading looks, offsets included."""

    @property
    def delay(self) -> timedelta:
        """How long after a point it is read: by then its samples are stored."""
        return min(INGESTION_DELAY, self.interval / 4)

    def points(self, now: datetime, count: int) -> tuple[datetime, ...]:
        """Return the newest points that may be read, oldest first."""
        return grid_times(now - self.delay, self.interval, self.offset, count)

    def next_look(self, now: datetime) -> datetime:
        """Return when the next point may be read."""
        return next_grid_time(now - self.delay, self.interval, self.offset) + self.delay


@lru_cache(maxsize=64)
def _server(address: str) -> PrometheusServer:
    """Keep one server's connections open between questions."""
    return PrometheusServer(address)


@dataclass(frozen=True)
class Readings:
    """The Prometheus server that answers where a monitor names none, and the way to ask."""

    default_server: str

    def server_of(self, prometheus: PrometheusSpec) -> str:
        """Return the server's URL."""
        return prometheus.server_address or self.default_server

    def grid_of(self, prometheus: PrometheusSpec, metric: MetricSpec) -> Grid:
        """Return the metric's grid. Raises QueryInvalid where the query doesn't parse."""
        parsed = parse_query(metric.query)
        interval = metric.interval or parsed.longest_range or DEFAULT_INTERVAL
        return Grid(interval, grid_offset(self.server_of(prometheus), metric.query, interval), parsed.reach)

    async def window(
        self, prometheus: PrometheusSpec, metric: MetricSpec, count: int, now: datetime
    ) -> tuple[Reading, ...] | QueryFailed:
        """Return the last `count` readings, oldest first."""
        grid = self.grid_of(prometheus, metric)
        bounds = (metric.bounds.min, metric.bounds.max)
        return await read_window(_server(self.server_of(prometheus)), metric.query, grid.points(now, count), bounds)
