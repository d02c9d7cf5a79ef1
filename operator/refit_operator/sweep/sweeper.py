"""Read the monitors at rest, group by group, and have those reconciled to which a reading could matter.

Nothing here acts: a monitor that is swept keeps what its last reconciliation found, and only the next one decides.
Those of one namespace whose queries fail have one query asked between them: the others would fail as well, or else all
are reconciled.
"""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Never

import structlog

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.clock import Clock
from refit_operator.kubernetes_api.errors import Transient
from refit_operator.monitor.rules.rest import may_be_breach, next_rest
from refit_operator.observability.metrics import SWEPT, WOKEN
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.breaker import has_timed_out
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.prometheus.rules.reading import Reading
from refit_operator.prometheus.shown import show
from refit_operator.sweep.group import Group, GroupKey, Member
from refit_operator.sweep.reading import read
from refit_operator.sweep.resting import Resting

log = structlog.get_logger()
Enqueue = Callable[[Ref, bool], None]
"""Called with a monitor to reconcile, and whether a run may follow from its reading."""

APART = timedelta(hours=1)
"""How long namespaces are read one by one after all together took too long: one of them may be to blame."""
SIDE_BY_SIDE = 4
"""Groups of one server that are read at the same time."""
FAILING_SIDE_BY_SIDE = 16
"""Those of them whose queries fail, beside the others: each is one query, which may take long."""
FAILING_AT_ONCE = 64
"""Groups whose queries fail, of all servers, that are read at the same time: each may keep a thread."""
LONGEST_SLEEP = 5.0
YIELD_EVERY = 500
"""Monitors after which others have a turn."""


class Sweeper:
    """The monitors at rest."""

    def __init__(self, reader: Reader, mass_breach: MassBreachDetector, clock: Clock) -> None:
        self._reader = reader
        self._mass_breach = mass_breach
        self._clock = clock
        self._groups: dict[GroupKey, Group] = {}
        self._of: dict[Ref, Group] = {}
        self._due: list[tuple[datetime, int, Group]] = []
        self._apart: dict[GroupKey, datetime] = {}
        self._servers: dict[tuple[str, bool], asyncio.Semaphore] = {}
        self._failing = asyncio.Semaphore(FAILING_AT_ONCE)
        self._count = itertools.count()
        self._news = asyncio.Event()
        self.heartbeat = 0.0
        """Loop time at which the sweep last turned: for the liveness probe."""

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._of

    def __len__(self) -> int:
        return len(self._of)

    def take(self, ref: Ref, resting: Resting) -> None:
        """Read the monitor from now on, until it is dropped."""
        self.drop(ref)
        key = self._key_for(ref, resting.key)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(key, resting.prometheus, resting.member.rest.read + key.grid.interval)
            self._schedule(group)
        group.members[ref] = resting.member
        self._of[ref] = group

    def drop(self, ref: Ref) -> None:
        """Stop reading the monitor."""
        group = self._of.pop(ref, None)
        if group is not None:
            del group.members[ref]

    def is_outdated(self, ref: Ref, version: int) -> bool:
        """Return whether the monitor is at rest, and changed since its last reconciliation."""
        return ref in self._of and version > self._of[ref].members[ref].version

    def _key_for(self, ref: Ref, key: GroupKey) -> GroupKey:
        is_apart = key in self._apart and self._clock.now() < self._apart[key]
        return key.of(ref.namespace) if is_apart else key

    def _schedule(self, group: Group) -> None:
        heapq.heappush(self._due, (group.due, next(self._count), group))
        self._news.set()

    async def run(self, enqueue: Enqueue) -> Never:
        """Read whatever is due, for ever."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self.heartbeat = asyncio.get_running_loop().time()
                now = self._now()
                while now and self._due and self._due[0][0] <= now:
                    tasks.create_task(self._sweep(heapq.heappop(self._due)[2], now, enqueue))
                await self._sleep(now)

    def _now(self) -> datetime | None:
        """Return the time; None while the clocks disagree, when nothing is read."""
        try:
            return self._clock.now()
        except Transient:
            return None

    async def _sleep(self, now: datetime | None) -> None:
        self._news.clear()
        wait = LONGEST_SLEEP
        if now and self._due:
            wait = min(wait, max(0.0, (self._due[0][0] - now).total_seconds()))
        try:
            await asyncio.wait_for(self._news.wait(), wait)
        except TimeoutError:
            return

    async def _sweep(self, group: Group, now: datetime, enqueue: Enqueue) -> None:
        """Read a group at the points that are due. Whatever goes wrong, its members are reconciled."""
        try:
            async with self._turn(group.key):
                await self._catch_up(group, now, enqueue)
        except Exception as error:
            log.warning("sweep failed", server=group.key.address, error=f"{type(error).__name__}: {error}")
            self._wake(tuple(group.members), enqueue)
        if group.members:
            self._schedule(group)
        else:
            del self._groups[group.key]

    @asynccontextmanager
    async def _turn(self, key: GroupKey) -> AsyncIterator[None]:
        """Wait for a turn at the server: those whose queries fail have their own, and delay no others' readings."""
        fails = key.failed is not None
        most = FAILING_SIDE_BY_SIDE if fails else SIDE_BY_SIDE
        turns = self._servers.setdefault((key.address, fails), asyncio.Semaphore(most))
        async with turns, self._failing if fails else nullcontext():
            yield

    async def _catch_up(self, group: Group, now: datetime, enqueue: Enqueue) -> None:
        if group.is_far_behind(now):
            self._wake(tuple(group.members), enqueue)
            group.skip(now)
        for point in group.points(now):
            members = group.to_read(point)
            if members:
                readings, timed_out = await self._read(group, members, point, now)
                await self._follow(group, members, readings, timed_out, enqueue)

    async def _read(
        self, group: Group, members: dict[Ref, Member], point: datetime, now: datetime
    ) -> tuple[Sequence[Reading], bool]:
        """Return each member's reading, and whether one timed out."""
        key, clock = group.key, asyncio.get_running_loop().time
        began, refs = clock(), tuple(members)
        asked = [members[ref].asked for ref in group.asked_of(refs)]
        namespace = key.namespace or refs[0].namespace
        readings = await read(self._reader, namespace, key.namespace, group.prometheus, key.form, asked, point)
        waited = clock() - began
        group.have_asked(readings)
        timed_out = any(has_timed_out(reading, waited) for reading in readings)
        if timed_out and not key.namespace:
            self._apart[key] = now + APART
        return [*readings] * (len(refs) // len(asked)), timed_out

    async def _follow(
        self,
        group: Group,
        members: dict[Ref, Member],
        readings: Sequence[Reading],
        timed_out: bool,
        enqueue: Enqueue,
    ) -> None:
        """Have those reconciled that aren't at rest after their readings."""
        names = {ref.namespace for ref in members}
        held = {name for name in names if self._mass_breach.of(group.key.address, name)}
        for number, ((ref, member), reading) in enumerate(zip(members.items(), readings, strict=True)):
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
            if group.members.get(ref) is not member:
                continue  # reconciled meanwhile
            is_held = ref.namespace in held and member.rest.value is not None
            rest = None if is_held else next_rest(member.rest, reading, timed_out)
            if rest is None:
                self._wake((ref,), enqueue, may_be_breach(member.rest, reading))
                continue
            member.rest = rest
            SWEPT.inc()
            show(ref.namespace, ref.name, reading)

    def _wake(self, refs: Iterable[Ref], enqueue: Enqueue, may_start: bool = False) -> None:
        for ref in refs:
            self.drop(ref)
            WOKEN.inc()
            enqueue(ref, may_start)
