"""Micro-batching without waiting: what arrives while a batch is computed is the next batch.

Whatever fails in a batch fails alone: where a batch fails, its members are answered one by one. Whoever has left while
waiting is forgotten: nothing is computed for them, and nobody waits for it.
"""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from refit_serving.background import end
from refit_trainer.tasks import Prediction

WAITING = 2000  # inputs; more would be answered after their clients have given up
SHOWN = 200  # characters of what the model raised
RECENT = 8  # batches by which the speed is measured
Predict = Callable[[list[Any]], list[Prediction]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An input, what it costs, and where its prediction goes."""

    value: Any
    cost: float
    future: asyncio.Future[Prediction]


class Overloaded(Exception):
    """So much is waiting already that another input would only make everybody wait longer."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"what waits takes {seconds:.0f} s")
        self.seconds = seconds


class Unanswerable(Exception):
    """The model fails at this input, by itself as well."""


class ModelFailed(Exception):
    """The model fails, and not for the input: there is no memory, or its example fails too."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an input costs, in units of its kind, and what is known of these before anything has been measured."""

    of: Callable[[Any], float] = lambda value: 1
    batch: float = math.inf
    """Units computed at once: what is decoded takes memory."""
    seconds: float = 0.01
    """How long a unit takes, at a guess."""


EACH = Cost()


class Speed:
    """How long a unit takes: the median over the units of the last batches.

    A batch of one during which the process waited for a processor says nothing of the forty inputs that came meanwhile
    and are computed together. A mean over batches would have the server refuse what it could answer at once.
    """

    def __init__(self, guess: float) -> None:
        self.seconds = guess
        self._recent: deque[tuple[float, float]] = deque([(guess, 1.0)], RECENT)
        """Seconds for a unit in each batch, and its units."""

    def measure(self, units: float, seconds: float) -> None:
        """Take in a batch."""
        self._recent.append((seconds / units, units))
        ordered = sorted(self._recent)
        half, total = sum(units for _, units in ordered) / 2, accumulate(units for _, units in ordered)
        self.seconds = next(each for (each, _), upto in zip(ordered, total, strict=True) if upto >= half)


class Batcher:
    """Collects inputs from concurrent requests and predicts them together in one thread."""

    def __init__(
        self, predict: Predict, max_batch: int, example: Any, cost: Cost = EACH, max_wait_seconds: float = math.inf
    ) -> None:
        self._predict = predict
        self._max_batch = max_batch
        self._example = example
        self._cost = cost
        self._speed = Speed(cost.seconds)
        self._max_wait_seconds = max_wait_seconds
        self._waiting: deque[Waiting] = deque()
        self._units = 0.0
        """What waits and what is being computed."""
        self._asking = 0
        """Callers that haven't their predictions yet."""
        self._is_computing = False
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._has_work = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="predict")
        self._task: asyncio.Task[None] | None = None

    @property
    def is_free(self) -> bool:
        """Whether nothing waits and nothing is computed, not even for a caller who has left."""
        return not self._waiting and not self._is_computing

    async def start(self) -> None:
        """Begin to predict."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Stop; whoever still waits is cancelled."""
        await end(self._task)
        self._thread.shutdown()

    async def drain(self) -> None:
        """Wait until everybody who asked has been answered; by then the caller sends no more inputs."""
        await self._is_idle.wait()

    async def predict(self, inputs: list[Any]) -> list[Prediction]:
        """Return the predictions for some inputs, in order.

        Raise Overloaded where too many wait already, Unanswerable or ModelFailed where one of them can't be answered.
        """
        seconds = self._units * self._speed.seconds
        if len(self._waiting) >= WAITING or seconds > self._max_wait_seconds:
            raise Overloaded(seconds)
        loop = asyncio.get_running_loop()
        asked = [Waiting(value, self._cost.of(value), loop.create_future()) for value in inputs]
        self._waiting.extend(asked)
        self._units += sum(one.cost for one in asked)
        self._has_work.set()
        self._asking += 1
        self._is_idle.clear()
        try:
            found = await asyncio.gather(*(one.future for one in asked), return_exceptions=True)
        except asyncio.CancelledError:
            self._forget_left()
            raise
        finally:
            self._asking -= 1
            if not self._asking:
                self._is_idle.set()
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return [one for one in found if isinstance(one, Prediction)]

    def _forget_left(self) -> None:
        """Drop the inputs of callers who wait no longer."""
        waiting = list(self._waiting)
        self._waiting = deque(one for one in waiting if not one.future.cancelled())
        self._units -= sum(one.cost for one in waiting if one.future.cancelled())
        if not self._waiting:
            self._has_work.clear()

    async def _work(self) -> None:
        while True:
            await self._has_work.wait()
            if not self._waiting:
                continue  # all of them left before this task had its turn
            batch = self._take()
            units, started = sum(one.cost for one in batch), time.perf_counter()
            self._is_computing = True
            await self._answer(batch)
            self._is_computing = False
            self._units -= units
            self._speed.measure(units, time.perf_counter() - started)

    def _take(self) -> list[Waiting]:
        """Return the next batch; one input is taken whatever it costs."""
        batch = [self._waiting.popleft()]
        units = batch[0].cost
        while self._waiting and len(batch) < self._max_batch and units + self._waiting[0].cost <= self._cost.batch:
            batch.append(self._waiting.popleft())
            units += batch[-1].cost
        if not self._waiting:
            self._has_work.clear()
        return batch

    async def _answer(self, batch: list[Waiting]) -> None:
        try:
            predictions = await self._run([one.value for one in batch])
        except Exception as error:
            log.warning("batch.failed inputs=%d error=%r", len(batch), error)
            if len(batch) > 1:
                for one in batch:
                    if not one.future.done():
                        await self._answer([one])
            else:
                _settle(batch[0].future, await self._blame(error))
            return
        for one, prediction in zip(batch, predictions, strict=True):
            _settle(one.future, prediction)

    async def _blame(self, error: Exception) -> Exception:
        """Return what to tell whoever asked, once their input has failed alone."""
        if isinstance(error, MemoryError) or "out of memory" in str(error):
            return ModelFailed(str(error) or "no memory")
        try:
            await self._run([self._example])
        except Exception as failed:
            return ModelFailed(str(failed)[:SHOWN])
        return Unanswerable(str(error)[:SHOWN])

    async def _run(self, inputs: list[Any]) -> list[Prediction]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._predict, inputs)


def _settle(future: asyncio.Future[Prediction], result: Prediction | Exception) -> None:
    """Give the result to whoever asked; its client may have gone."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
