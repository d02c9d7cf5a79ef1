"""Read many monitors at one point: each gets the reading that it would get alone."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.prometheus.batched import read_ratios, read_values
from refit_operator.prometheus.guarded import GuardedServer
from refit_operator.prometheus.reader import Reader, blame
from refit_operator.prometheus.rules.counting import read_ratio, with_counts
from refit_operator.prometheus.rules.reading import QueryFailed, Reading, Value, read_number
from refit_operator.prometheus.rules.validity import demand_fresh, demand_samples
from refit_operator.sweep.group import Form

Asked = Sequence[tuple[str, ...]]
Columns = Iterator[tuple[str, ...]]
"""The same query of each, in the order of `Member.asked`."""


async def read(
    reader: Reader, namespace: str, breaker: str, prometheus: PrometheusSpec, form: Form, asked: Asked, point: datetime
) -> Sequence[Reading]:
    """Return a reading for each; `breaker` is the namespace by whose circuit breaker the server is asked."""
    server = await reader.open(namespace, prometheus, point, breaker)
    if isinstance(server, QueryFailed):
        return [server] * len(asked)
    columns = zip(*asked, strict=True)
    found = await (_ratios if form.window else _values)(server, form, columns, point)
    return await _backed(server, form, columns, found) if any(isinstance(each, Value) for each in found) else found


async def _ratios(server: GuardedServer, form: Form, columns: Columns, point: datetime) -> Sequence[Reading]:
    assert form.window
    pairs = await read_ratios(server, [*zip(next(columns), next(columns), strict=True)], form.window, point)
    goods, totals = ([pair[side] for pair in pairs] for side in (0, 1))
    return read_ratio(goods, totals, form.below, form.bounds)


async def _values(server: GuardedServer, form: Form, columns: Columns, point: datetime) -> Sequence[Reading]:
    return [_bounded(reading, form) for reading in await read_values(server, next(columns), point)]


def _bounded(reading: Reading, form: Form) -> Reading:
    return read_number(reading.value, reading.time, form.bounds) if isinstance(reading, Value) else reading


async def _backed(server: GuardedServer, form: Form, columns: Columns, found: Sequence[Reading]) -> Sequence[Reading]:
    """Return the readings with their outcomes, and values only where they are fresh and well backed."""
    point = found[0].time
    if form.has_samples:
        found = with_counts(found, await _beside(server, "metric.samples", next(columns), point), form.below)
    if form.max_age:
        found = demand_fresh(found, await _beside(server, "metric.maxAge", next(columns), point), form.max_age)
    if form.min_samples is not None:
        counts = await _beside(server, "metric.minSamples", next(columns), point)
        found = demand_samples(found, counts, form.min_samples)
    return found


async def _beside(server: GuardedServer, field: str, queries: Sequence[str], point: datetime) -> Sequence[Reading]:
    found = await read_values(server, queries, point)
    return [blame(field, each) if isinstance(each, QueryFailed) else each for each in found]
