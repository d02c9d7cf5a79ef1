"""Due times: one heap, one task. Whoever has news wakes a monitor; the schedule sees to it that one monitor is never
looked at twice at the same time, and that a look that failed is taken again, later and later. One monitor's failure is
its own: whatever a look raises, and however long it hangs, the others go on.
"""

import asyncio
import heapq
import itertools
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.errors import ClusterError
from refit_operator.observability.metrics import LATENESS, LOOKS, show_failures

log = structlog.get_logger()
Look = Callable[[Ref], Awaitable[timedelta | None]]
Tell = Callable[[Ref, int, str], Awaitable[None]]
"""Tell people of a monitor whose looks failed so many times in a row, the last one for that reason."""

FIRST_RETRY = 1.0
LAST_RETRY = 60.0
LONGEST_LOOK = 120.0
"""Seconds after which a look is given up. Each of its requests is bounded; this bounds what nobody thought of."""


async def tell_nobody(ref: Ref, failures: int, error: str) -> None:
    """Leave it to the log."""


class Schedule:
    """When each monitor is looked at next."""

    def __init__(self, look: Look, concurrency: int, tell: Tell = tell_nobody) -> None:
        self._look = look
        self._tell = tell
        self._heap: list[tuple[float, int, Ref]] = []
        self._due: dict[Ref, float] = {}
        self._busy: set[Ref] = set()
        self._failures: dict[Ref, int] = {}
        self._count = itertools.count()
        self._news = asyncio.Event()
        self._slots = asyncio.Semaphore(concurrency)
        self.heartbeat = 0.0
        """Loop time at which the schedule last turned: for the liveness probe."""

    def knows(self, ref: Ref) -> bool:
        """Return whether the monitor is due some time or being looked at."""
        return ref in self._due or ref in self._busy

    def wake(self, ref: Ref, after: timedelta = timedelta(0)) -> None:
        """Look at the monitor after that long at the latest."""
        due = asyncio.get_running_loop().time() + after.total_seconds()
        if due < self._due.get(ref, float("inf")):
            self._due[ref] = due
            heapq.heappush(self._heap, (due, next(self._count), ref))
            self._news.set()

    async def run(self) -> None:
        """Look at whatever is due, for ever."""
        async with asyncio.TaskGroup() as looks:
            while True:
                self.heartbeat = asyncio.get_running_loop().time()
                for ref in self._pop_due():
                    looks.create_task(self._take(ref))
                await self._sleep()

    def _pop_due(self) -> list[Ref]:
        now, ready, later = asyncio.get_running_loop().time(), [], []
        while self._heap and self._heap[0][0] <= now:
            due, count, ref = heapq.heappop(self._heap)
            if self._due.get(ref) != due:
                continue
            if ref in self._busy:
                later.append((due, count, ref))
                continue
            LATENESS.set(now - due)
            del self._due[ref]
            self._busy.add(ref)
            ready.append(ref)
        for _, _, ref in later:
            del self._due[ref]
            self.wake(ref, timedelta(milliseconds=100))
        return ready

    async def _sleep(self) -> None:
        self._news.clear()
        wait = 5.0
        if self._heap:
            wait = min(wait, max(0.0, self._heap[0][0] - asyncio.get_running_loop().time()))
        try:
            await asyncio.wait_for(self._news.wait(), wait)
        except TimeoutError:
            return

    async def _take(self, ref: Ref) -> None:
        async with self._slots:
            try:
                async with asyncio.timeout(LONGEST_LOOK):
                    again = await self._look(ref)
                self._succeeded(ref)
            except (Exception, asyncio.CancelledError) as error:
                if _is_cancelled():
                    raise
                again = await self._failed(ref, error)
            finally:
                self._busy.discard(ref)
        if again is not None:
            self.wake(ref, again)

    def _succeeded(self, ref: Ref) -> None:
        LOOKS.labels("ok").inc()
        if self._failures.pop(ref, 0):
            show_failures(ref.namespace, ref.name, 0)

    async def _failed(self, ref: Ref, error: BaseException) -> timedelta:
        LOOKS.labels("failed").inc()
        failures = self._failures[ref] = self._failures.get(ref, 0) + 1
        show_failures(ref.namespace, ref.name, failures)
        again = _backoff(failures)
        expected = isinstance(error, ClusterError)
        about = {"monitor": str(ref), "failures": failures, "error": describe(error), "again": again.total_seconds()}
        log.warning("look failed", **about, exc_info=None if expected else error)
        try:
            await self._tell(ref, failures, describe(error))
        except Exception as lost:
            log.warning("failure not told", monitor=str(ref), error=describe(lost))
        return again


def _is_cancelled() -> bool:
    """Return whether somebody cancels this task; else a CancelledError is a part's own, and a failure as any other."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def describe(error: BaseException) -> str:
    """Return the error in a sentence."""
    if isinstance(error, ClusterError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "the look, or a part of it, took too long"
    return f"{type(error).__name__}: {error}"


def _backoff(failures: int) -> timedelta:
    longest = min(LAST_RETRY, FIRST_RETRY * 2.0 ** min(failures - 1, 10))
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))
