"""Micro-batching without waiting: what arrives while a batch is computed is the next batch."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from refit_trainer.tasks import Prediction

WAITING = 2000  # inputs; more would be answered after their clients have given up
Predict = Callable[[list[Any]], list[Prediction]]


class Overloaded(Exception):
    """So much is waiting already that another input would only make everybody wait longer."""


class Batcher:
    """Collects inputs from concurrent requests and predicts them together in one thread."""

    def __init__(self, predict: Predict, max_batch: int) -> None:
        self._predict = predict
        self._max_batch = max_batch
        self._waiting: asyncio.Queue[tuple[Any, asyncio.Future[Prediction]]] = asyncio.Queue()
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
        """Return the predictions for some inputs, in order; raise Overloaded where too many wait already."""
        if self._waiting.qsize() >= WAITING:
            raise Overloaded
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in inputs]
        for value, future in zip(inputs, futures, strict=True):
            self._waiting.put_nowait((value, future))
        return list(await asyncio.gather(*futures))

    async def _work(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < self._max_batch and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._predict_batch(batch)

    async def _predict_batch(self, batch: list[tuple[Any, asyncio.Future[Prediction]]]) -> None:
        inputs = [value for value, _ in batch]
        try:
            predictions = await asyncio.get_running_loop().run_in_executor(self._thread, self._predict, inputs)
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), prediction in zip(batch, predictions, strict=True):
            if not future.done():  # its client may have gone
                future.set_result(prediction)
