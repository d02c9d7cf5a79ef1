"""Micro-batching without waiting: what arrives while a batch is computed is the next batch.

Whatever fails in a batch fails alone: where a batch fails, its members are answered one by one.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from refit_trainer.tasks import Prediction

WAITING = 2000  # inputs; more would be answered after their clients have given up
SHOWN = 200  # characters of what the model raised
Predict = Callable[[list[Any]], list[Prediction]]
Waiting = tuple[Any, asyncio.Future[Prediction]]
log = logging.getLogger(__name__)


class Overloaded(Exception):
    """So much is waiting already that another input would only make everybody wait longer."""


class Unanswerable(Exception):
    """The model fails at this input, by itself as well."""


class ModelFailed(Exception):
    """The model fails, and not for the input: there is no memory, or its example fails too."""


class Batcher:
    """Collects inputs from concurrent requests and predicts them together in one thread."""

    def __init__(self, predict: Predict, max_batch: int, example: Any) -> None:
        self._predict = predict
        self._max_batch = max_batch
        self._example = example
        self._waiting: asyncio.Queue[Waiting] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="predict")
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to predict."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Stop; whoever still waits is cancelled."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._thread.shutdown()

    async def predict(self, inputs: list[Any]) -> list[Prediction]:
        """Return the predictions for some inputs, in order.

        Raise Overloaded where too many wait already, Unanswerable or ModelFailed where one of them can't be answered.
        """
        if self._waiting.qsize() >= WAITING:
            raise Overloaded
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in inputs]
        for value, future in zip(inputs, futures, strict=True):
            self._waiting.put_nowait((value, future))
        found = await asyncio.gather(*futures, return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return [one for one in found if isinstance(one, Prediction)]

    async def _work(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < self._max_batch and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._answer(batch)

    async def _answer(self, batch: list[Waiting]) -> None:
        try:
            predictions = await self._run([value for value, _ in batch])
        except Exception as error:
            log.warning("batch.failed inputs=%d error=%r", len(batch), error)
            if len(batch) > 1:
                for one in batch:
                    await self._answer([one])
            else:
                _settle(batch[0][1], await self._blame(error))
            return
        for (_, future), prediction in zip(batch, predictions, strict=True):
            _settle(future, prediction)

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
