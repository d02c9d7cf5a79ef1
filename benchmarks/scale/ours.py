"""The operator's side of the rows that only read: the code with which it reads what many monitors are due for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from benchmarks.baselines.values import Value
from refit_operator.prometheus import batched
from refit_operator.prometheus.client import PrometheusServer
from refit_operator.prometheus.guarded import GuardedServer
from refit_operator.prometheus.rules.breaker import Breakers
from refit_operator.prometheus.rules.ratios import Pair
from refit_operator.prometheus.rules.reading import Reading
from refit_operator.prometheus.rules.reading import Value as ValueReading


async def read_values(address: str, queries: Sequence[str], time: datetime) -> list[Value]:
    """Return the value of each query, None for every other reading."""
    with _server(address) as server:
        return [_value(reading) for reading in await batched.read_values(server, queries, time)]


async def read_ratios(address: str, pairs: Sequence[Pair], window: timedelta, time: datetime) -> list[Value]:
    """Return the value of each ratio, None where either count is none."""
    with _server(address) as server:
        readings = await batched.read_ratios(server, pairs, window, time)
    counts = ((_value(good), _value(total)) for good, total in readings)
    return [None if good is None or not total else good / total for good, total in counts]


def _value(reading: Reading) -> Value:
    return reading.value if isinstance(reading, ValueReading) else None


@contextmanager
def _server(address: str) -> Iterator[GuardedServer]:
    server = PrometheusServer(address)
    try:
        yield GuardedServer(server, (address, ""), Breakers())
    finally:
        server.close()
