"""The workqueue: one heap of due times, one task. Whoever has news enqueues a monitor.

One monitor is never reconciled twice at the same time, and one whose reconciliation failed is due again after a growing
backoff. One monitor's failure is its own: whatever it raises, and however long it hangs, the others go on.
"""

import asyncio
import heapq
import itertools
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

import structlog

from refit_operator.api.metadata import Ref
from refit_operator.controller.rules.slots import Slots, Urgency
from refit_operator.kubernetes_api.errors import ClusterError
from refit_operator.observability.metrics import (
    RECONCILE_SECONDS,
    RECONCILE_TOTAL,
    WORKQUEUE_DEPTH,
    WORKQUEUE_LATENESS,
    WORKQUEUE_OLDEST,
    show_failures,
)

log = structlog.get_logger()


class Again(NamedTuple):
    """When to reconcile a monitor again, and how urgent that is."""

    after: timedelta
    urgency: Urgency = Urgency.QUIET


Reconcile = Callable[[Ref], Awaitable[Again | None]]
OnFailure = Callable[[Ref, int, str], Awaitable[None]]
"""Called with the monitor, the number of failures in a row, and the last error in a sentence."""

FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 60.0
ENDS_THE_PROCESS = (KeyboardInterrupt, SystemExit, GeneratorExit)
"""All else that a reconciliation raises is its own trouble, a library's panic too, which is no Exception."""
RECONCILE_TIMEOUT = 120.0
"""Seconds after which a reconciliation is cancelled. Each of its requests is bounded; this bounds all the rest."""


async def only_log(ref: Ref, failures: int, error: str) -> None:
    """Do nothing about a failure beyond the log line."""


class Workqueue:
    """When each monitor is reconciled next."""

    def __init__(self, reconcile: Reconcile, concurrency: int, on_failure: OnFailure = only_log) -> None:
        self._reconcile = reconcile
        self._on_failure = on_failure
        self._heap: list[tuple[float, int, Ref]] = []
        self._due: dict[Ref, float] = {}
        self._urgency: dict[Ref, Urgency] = {}
        self._busy: set[Ref] = set()
        self._again: set[Ref] = set()
        """Became due while they were busy."""
        self._failures: dict[Ref, int] = {}
        self._count = itertools.count()
        self._news = asyncio.Event()
        self._slots = Slots(concurrency)
        self.heartbeat = 0.0
        """Loop time at which the queue last turned: for the liveness probe."""

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._due or ref in self._busy

    def enqueue(self, ref: Ref, after: timedelta = timedelta(0), urgency: Urgency = Urgency.QUIET) -> None:
        """Reconcile the monitor after that long at the latest, and as urgently at the least."""
        self._urgency[ref] = min(urgency, self._urgency.get(ref, urgency))
        self._slots.hasten(ref, urgency)
        due = asyncio.get_running_loop().time() + after.total_seconds()
        if due < self._due.get(ref, float("inf")):
            self._due[ref] = due
            heapq.heappush(self._heap, (due, next(self._count), ref))
            self._news.set()

    async def run(self) -> None:
        """Reconcile whatever is due, for ever."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self.heartbeat = asyncio.get_running_loop().time()
                self._line_up_due()
                while ref := self._slots.take(self.heartbeat):
                    tasks.create_task(self._process(ref, self._begin(ref)))
                self._show_line()
                await self._sleep()

    def _line_up_due(self) -> None:
        while self._heap and self._heap[0][0] <= asyncio.get_running_loop().time():
            due, _, ref = heapq.heappop(self._heap)
            if self._due.get(ref) != due:
                continue
            if ref in self._busy:
                self._again.add(ref)
            else:
                self._slots.wait(ref, due, self._urgency[ref])

    def _show_line(self) -> None:
        WORKQUEUE_DEPTH.set(len(self._slots))
        oldest = self._slots.oldest
        WORKQUEUE_OLDEST.set(0 if oldest is None else self.heartbeat - oldest)

    def _begin(self, ref: Ref) -> Urgency:
        WORKQUEUE_LATENESS.set(asyncio.get_running_loop().time() - self._due.pop(ref))
        self._busy.add(ref)
        return self._urgency.pop(ref)

    def _end(self, ref: Ref) -> None:
        self._slots.release(ref.namespace)
        self._busy.discard(ref)
        if ref in self._again:
            self._again.discard(ref)
            self._slots.wait(ref, self._due[ref], self._urgency[ref])
        self._news.set()

    async def _sleep(self) -> None:
        self._news.clear()
        wait = 5.0
        if self._heap:
            wait = min(wait, max(0.0, self._heap[0][0] - asyncio.get_running_loop().time()))
        try:
            await asyncio.wait_for(self._news.wait(), wait)
        except TimeoutError:
            return

    async def _process(self, ref: Ref, urgency: Urgency) -> None:
        try:
            with RECONCILE_SECONDS.time():
                async with asyncio.timeout(RECONCILE_TIMEOUT):
                    again = await self._reconcile(ref)
            self._succeeded(ref)
        except BaseException as error:
            if _is_cancelled() or isinstance(error, ENDS_THE_PROCESS):
                raise
            again = Again(await self._failed(ref, error), urgency)
        finally:
            self._end(ref)
        if again is not None:
            self.enqueue(ref, again.after, again.urgency)

    def _succeeded(self, ref: Ref) -> None:
        RECONCILE_TOTAL.labels("success").inc()
        if self._failures.pop(ref, 0):
            show_failures(ref.namespace, ref.name, 0)

    async def _failed(self, ref: Ref, error: BaseException) -> timedelta:
        RECONCILE_TOTAL.labels("error").inc()
        failures = self._failures[ref] = self._failures.get(ref, 0) + 1
        show_failures(ref.namespace, ref.name, failures)
        backoff, reason = _backoff(failures), describe(error)
        about = {"monitor": str(ref), "failures": failures, "error": reason, "backoff": backoff.total_seconds()}
        expected = isinstance(error, ClusterError)
        log.warning("reconcile failed", **about, exc_info=None if expected else error)
        try:
            await self._on_failure(ref, failures, reason)
        except BaseException as lost:
            if _is_cancelled() or isinstance(lost, ENDS_THE_PROCESS):
                raise
            log.warning("failure event not emitted", monitor=str(ref), error=describe(lost))
        return backoff


def _is_cancelled() -> bool:
    """Return whether somebody cancels this task; else a CancelledError was raised inside it, a failure as any other."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def describe(error: BaseException) -> str:
    """Return the error in a sentence."""
    if isinstance(error, ClusterError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "the reconciliation, or a request of it, timed out"
    return f"{type(error).__name__}: {error}"


def _backoff(failures: int) -> timedelta:
    longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(failures - 1, 10))
    return timedelta(seconds=longest * random.uniform(0.5, 1.0))
