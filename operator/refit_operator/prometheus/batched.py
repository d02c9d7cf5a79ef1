"""Ask for the newest readings of many monitors in few queries: each as it would be by itself, in kind and value.

All that is asked in one call goes to one server with one set of credentials: the caller groups by these, and gives the
`GuardedServer` of them. That a query reads its own namespace only is checked before, query by query. A batch keeps it:
each selector asks for values that were asked for in its place, and each query is given what has its own labels.

A batch that fails is divided where one of its parts may be to blame, until that is alone: one among n costs some
2 log2(n) queries more, and from then on is asked apart. A server's own failure is that of all that was asked of it;
where it answers nothing in time, the rest isn't sent.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from refit_operator.prometheus.guarded import GuardedServer
from refit_operator.prometheus.rules.batch import DIVISIBLE, MAYBE_OF_THE_WAY, MOST_IN_ADDRESS, Batch, Readings
from refit_operator.prometheus.rules.plans import Plan, plan_values
from refit_operator.prometheus.rules.ratios import Pair, plan_ratios
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Reading

AT_ONCE = 2
"""Batches of one call that are asked at the same time: others' readings have room beside them."""


async def read_values(server: GuardedServer, queries: Sequence[str], time: datetime) -> list[Reading]:
    """Return each query's reading at the time, as `server.read_window(query, (time,))` gives it."""
    manner = server.server.manner
    plan = plan_values(tuple(queries), manner.apart, manner.shrunk)
    return [reading for (reading,) in await _read(server, plan, time)]


async def read_ratios(
    server: GuardedServer, asked: Sequence[Pair], window: timedelta, time: datetime
) -> list[tuple[Reading, Reading]]:
    """Return the good and the total count of each pair of selectors, as `counting_query` of it gives them."""
    manner = server.server.manner
    plan = plan_ratios(tuple(asked), window, manner.apart, manner.shrunk)
    return [(good, total) for good, total in await _read(server, plan, time)]


async def _read(server: GuardedServer, plan: Plan, time: datetime) -> list[Readings]:
    """Return the readings of all that is planned, in the order in which it was asked for."""
    turns, this = asyncio.Semaphore(AT_ONCE), _Round(server, time)

    async def settle(batch: Batch) -> list[Readings]:
        async with turns:
            return await this.settle(batch)

    found: dict[int, Readings] = {}
    for batch, readings in zip(plan.batches, await asyncio.gather(*map(settle, plan.batches)), strict=True):
        found.update(zip(batch.places, readings, strict=True))
    manner = server.server.manner.divide(this.refused, this.answered)
    server.server.manner = manner.resize(bool(this.timeouts), this.all_answered).try_bodies()
    return [found[place] for place in plan.order]


@dataclass
class _Round:
    """One plan as it is asked, and what it teaches of the server."""

    server: GuardedServer
    time: datetime
    refused: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    timeouts: list[QueryFailed] = field(default_factory=list)
    """Of batches."""
    any_answered: bool = False
    all_answered: bool = True

    async def settle(self, batch: Batch) -> list[Readings]:
        """Return the readings of a batch, divided where that may help."""
        if len(self.timeouts) >= AT_ONCE and not self.any_answered:
            return batch.fail(self.timeouts[0])
        if not self._in_body and not batch.is_one and len(batch.query) > MOST_IN_ADDRESS:
            return await self._halved(batch)
        found = await self._ask(batch)
        if not isinstance(found, QueryFailed):
            return found
        if batch.is_one or found.kind not in DIVISIBLE | MAYBE_OF_THE_WAY:
            return batch.fail(found)
        return await (self._halved(batch) if found.kind in DIVISIBLE else self._tell_apart(batch, found))

    @property
    def _in_body(self) -> bool:
        return self.server.server.manner.in_body

    async def _ask(self, batch: Batch) -> list[Readings] | QueryFailed:
        found = await self.server.read_batch(batch, self.time)
        failed = found.kind if isinstance(found, QueryFailed) else None
        if batch.is_one and failed in DIVISIBLE:
            self.refused.add(batch.identity)
        elif batch.is_one and failed is None:
            self.answered.add(batch.identity)
        self.any_answered |= failed is None
        if not batch.is_one:
            self.all_answered &= failed is None
            self.timeouts += [found] if isinstance(found, QueryFailed) and failed is FailureKind.Timeout else []
        return found

    async def _halved(self, batch: Batch) -> list[Readings]:
        first, second = batch.halves
        return [*await self.settle(first), *await self.settle(second)]

    async def _tell_apart(self, batch: Batch, failed: QueryFailed) -> list[Readings]:
        """Find out whether the server refuses whatever is asked, or the way in which a batch is."""
        alone = await self._ask(batch.first)
        if isinstance(alone, QueryFailed) and alone.kind is failed.kind:
            return batch.fail(alone)
        if not self._in_body:
            return await self._halved(batch)
        self.server.server.manner = self.server.server.manner.by_addresses()
        return await self.settle(batch)
