"""A server as one namespace asks it: behind its circuit breaker."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from refit_operator.observability.metrics import CIRCUITS_OPEN, QUERIES
from refit_operator.prometheus.client import PrometheusServer, read_batch, read_instant, read_parts, read_window
from refit_operator.prometheus.rules.batch import Batch, Readings
from refit_operator.prometheus.rules.breaker import Breakers, Key, has_timed_out
from refit_operator.prometheus.rules.reading import UNBOUNDED, Bounds, FailureKind, QueryFailed, Reading
from refit_operator.prometheus.rules.window import Window

Found = TypeVar("Found", bound=Window | Reading | tuple[Window, ...] | list[Readings])


@dataclass(frozen=True)
class GuardedServer:
    """A server that isn't asked while its breaker is open."""

    server: PrometheusServer
    key: Key
    breakers: Breakers

    async def read_window(
        self, query: str, times: Sequence[datetime], bounds: Bounds = UNBOUNDED
    ) -> Window | QueryFailed:
        """Read the query at every one of the grid's `times`, oldest first."""
        return await self._ask(times[-1], lambda: read_window(self.server, query, times, bounds))

    async def read_parts(
        self, query: str, times: Sequence[datetime], label: str, parts: Sequence[str]
    ) -> tuple[Window, ...] | QueryFailed:
        """Read the parts of the answer, told apart by a label."""
        return await self._ask(times[-1], lambda: read_parts(self.server, query, times, label, parts))

    async def read_instant(self, query: str, time: datetime) -> Reading:
        """Read the query at one time."""
        return await self._ask(time, lambda: read_instant(self.server, query, time))

    async def read_batch(self, batch: Batch, time: datetime) -> list[Readings] | QueryFailed:
        """Read all of a batch at one time. That several take too long together doesn't open the breaker."""
        return await self._ask(time, lambda: read_batch(self.server, batch, time), counts=batch.is_one)

    async def _ask(
        self, time: datetime, ask: Callable[[], Awaitable[Found]], counts: bool = True
    ) -> Found | QueryFailed:
        clock = asyncio.get_running_loop().time
        began = clock()
        refusal = self.breakers.refuse(self.key, began)
        if refusal:
            QUERIES.labels(FailureKind.CircuitOpen.value).inc()
            return QueryFailed(FailureKind.CircuitOpen, f"{self.server.name}: {refusal}", time)
        found = await ask()
        timed_out = has_timed_out(found, clock() - began)
        if counts or not timed_out:
            self.breakers.record(self.key, timed_out, clock())
            CIRCUITS_OPEN.set(self.breakers.open)
        return found
