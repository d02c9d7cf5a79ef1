"""Ask for the newest readings of many monitors in few queries: each as it would be by itself, in kind and value.

All that is asked in one call goes to one server, with one set of credentials and for one namespace: the caller groups
by these, and gives the `GuardedServer` of them. That a query reads its own namespace only is checked before, query by
query; a batch asks each selector for values that were asked for, and for no others.

A batch that fails is divided where one of its parts may be to blame, until that is alone: one among n costs some
2 log2(n) queries more. A server's own failure is that of all that was asked of it.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from refit_operator.prometheus.guarded import GuardedServer
from refit_operator.prometheus.rules.batch import DIVISIBLE, MAYBE_OF_THE_WAY, MOST_IN_ADDRESS, Batch, Readings
from refit_operator.prometheus.rules.plans import Plan, plan_values
from refit_operator.prometheus.rules.ratios import Pair, plan_ratios
from refit_operator.prometheus.rules.reading import QueryFailed, Reading

AT_ONCE = 2
"""Batches of one call that are asked at the same time: others' readings have room beside them."""


async def read_values(server: GuardedServer, queries: Sequence[str], time: datetime) -> list[Reading]:
    """Return each query's reading at the time, as `server.read_window(query, (time,))` gives it."""
    return [reading for (reading,) in await read_plan(server, plan_values(tuple(queries)), time)]


async def read_ratios(
    server: GuardedServer, asked: Sequence[Pair], window: timedelta, time: datetime
) -> list[tuple[Reading, Reading]]:
    """Return the good and the total count of each pair of selectors, as `counting_query` of it gives them."""
    return [(good, total) for good, total in await read_plan(server, plan_ratios(tuple(asked), window), time)]


async def read_plan(server: GuardedServer, plan: Plan, time: datetime) -> list[Readings]:
    """Return the readings of all that is planned, in the order in which it was asked for."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def settle(batch: Batch) -> list[Readings]:
        async with turns:
            return await _settle(server, batch, time)

    found: dict[int, Readings] = {}
    for batch, readings in zip(plan.batches, await asyncio.gather(*map(settle, plan.batches)), strict=True):
        found.update(zip(batch.places, readings, strict=True))
    return [found[place] for place in plan.order]


async def _settle(server: GuardedServer, batch: Batch, time: datetime) -> list[Readings]:
    if not server.takes_bodies and not batch.is_one and len(batch.query) > MOST_IN_ADDRESS:
        return await _halved(server, batch, time)
    found = await server.read_batch(batch, time)
    if not isinstance(found, QueryFailed):
        return found
    if batch.is_one or found.kind not in DIVISIBLE | MAYBE_OF_THE_WAY:
        return batch.fail(found)
    if found.kind in DIVISIBLE:
        return await _halved(server, batch, time)
    return await _tell_apart(server, batch, found, time)


async def _halved(server: GuardedServer, batch: Batch, time: datetime) -> list[Readings]:
    first, second = batch.halves
    return [*await _settle(server, first, time), *await _settle(server, second, time)]


async def _tell_apart(server: GuardedServer, batch: Batch, failed: QueryFailed, time: datetime) -> list[Readings]:
    """Find out whether the server refuses whatever is asked, or the way in which a batch is."""
    alone = await server.read_batch(batch.first, time)
    if isinstance(alone, QueryFailed) and alone.kind is failed.kind:
        return batch.fail(alone)
    if not server.takes_bodies:
        return await _halved(server, batch, time)
    server.keep_to_addresses()
    return await _settle(server, batch, time)
