"""Read many monitors at one point: each gets the reading that it would get alone."""

from collections.abc import Sequence
from datetime import datetime

from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.prometheus.batched import read_ratios, read_values
from refit_operator.prometheus.guarded import GuardedServer
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.counting import read_ratio, with_counts
from refit_operator.prometheus.rules.reading import QueryFailed, Reading, Value, read_number
from refit_operator.sweep.group import Form

Asked = Sequence[tuple[str, ...]]


async def read(
    reader: Reader, namespace: str, breaker: str, prometheus: PrometheusSpec, form: Form, asked: Asked, point: datetime
) -> Sequence[Reading]:
    """Return a reading for each; `breaker` is the namespace by whose circuit breaker the server is asked."""
    server = await reader.open(namespace, prometheus, point, breaker)
    if isinstance(server, QueryFailed):
        return [server] * len(asked)
    return await (_ratios(server, form, asked, point) if form.window else _values(server, form, asked, point))


async def _ratios(server: GuardedServer, form: Form, asked: Asked, point: datetime) -> Sequence[Reading]:
    assert form.window
    pairs = await read_ratios(server, [(good, total) for good, total in asked], form.window, point)
    goods, totals = ([pair[side] for pair in pairs] for side in (0, 1))
    return read_ratio(goods, totals, form.below, form.bounds)


async def _values(server: GuardedServer, form: Form, asked: Asked, point: datetime) -> Sequence[Reading]:
    found = await read_values(server, [texts[0] for texts in asked], point)
    values = tuple(_bounded(reading, form) for reading in found)
    if not form.has_samples:
        return values
    return with_counts(values, await read_values(server, [texts[1] for texts in asked], point), form.below)


def _bounded(reading: Reading, form: Form) -> Reading:
    return read_number(reading.value, reading.time, form.bounds) if isinstance(reading, Value) else reading
