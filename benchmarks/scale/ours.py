"""The operator's side of the rows that only read: the code with which it reads what many monitors are due for."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from benchmarks.baselines.values import Value
from refit_operator.prometheus.client import PrometheusServer, read_window
from refit_operator.prometheus.rules.reading import QueryFailed
from refit_operator.prometheus.rules.reading import Value as ValueReading

AT_A_TIME = 16


async def read(address: str, queries: Sequence[str], time: datetime) -> list[Value]:
    """Return the value of each query, None for every other reading."""
    server, turns = PrometheusServer(address), asyncio.Semaphore(AT_A_TIME)

    async def one(query: str) -> Value:
        async with turns:
            window = await read_window(server, query, (time,))
        newest = None if isinstance(window, QueryFailed) else window[-1]
        return newest.value if isinstance(newest, ValueReading) else None

    try:
        return await asyncio.gather(*map(one, queries))
    finally:
        server.close()
