"""Ask a Prometheus server for a value each, so many at a time; KEDA's scaler has this shape."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import aiohttp

from benchmarks.baselines.values import Value, only_value

AT_A_TIME = 20


async def read(address: str, queries: Sequence[str], time: datetime, at_a_time: int = AT_A_TIME) -> list[Value]:
    """Return the value of each query; None where there is none, or more than one."""
    turns = asyncio.Semaphore(at_a_time)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_a_time)) as session:

        async def ask(query: str) -> Value:
            parameters = {"query": query, "time": f"{time.timestamp():.3f}"}
            async with turns, session.get(f"{address}/api/v1/query", params=parameters) as reply:
                answer = await reply.json()
                return only_value(answer["data"]["result"]) if answer["status"] == "success" else None

        return await asyncio.gather(*map(ask, queries))
