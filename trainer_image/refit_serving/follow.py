"""Follow the pointer without a restart: load beside, verify, switch between two requests, keep the old one for a while.

At most two models are in memory: the one that answers, and either the one that it replaced or the one that is being
loaded. Whatever goes wrong with a load, the model that answers goes on answering, and /v1/model says why.
"""

import asyncio
import gc
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from refit_serving.background import end
from refit_serving.model import ServedModel, load_pointed
from refit_serving.pointer import read_pointer
from refit_serving.room import NoRoom, check_room
from refit_serving.service import Service
from refit_serving.settings import Settings
from refit_serving.version import Version
from refit_trainer.contract.errors import BadInput

SHOWN = 1000  # characters of why a load failed
State = Literal["serving", "loading", "failed"]
Reason = Literal["refused", "storage", "room", "failed"]
Load = Callable[[Settings, str, Callable[[Path], None]], ServedModel]
Found = TypeVar("Found")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a model that the pointer names doesn't answer."""

    reason: Reason
    error: str
    attempts: int
    retry_at: float
    """By the monotonic clock."""


class Follower:
    """Has the model answer that the pointer names."""

    def __init__(self, service: Service, settings: Settings, load: Load = load_pointed) -> None:
        self._service = service
        self._settings = settings
        self._load = load
        self._wanted = service.active.model.pointer
        self._state: State = "serving"
        self._failure: Failure | None = None
        self._kept: Version | None = None
        self._kept_until = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="load")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to follow; without MODEL_URI_FILE nothing can change."""
        if self._settings.model_uri_file:
            self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Follow no longer. A load that is under way ends by itself."""
        await end(self._task)
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._kept:
            await self._kept.batcher.stop()

    def describe(self) -> dict[str, Any]:
        """Return which model answers, which one the pointer names, and why that isn't the same where it isn't."""
        active, failure = self._service.active, self._failure
        return {
            "pointer": active.model.pointer,
            "digest": active.digest,
            "wanted": self._wanted,
            "state": self._state,
            "kept": self._kept.digest if self._kept else None,
        } | ({"reason": failure.reason, "error": failure.error, "attempts": failure.attempts} if failure else {})

    async def _work(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:
                log.exception("model.follow_failed")
                self._fail("failed", error)
            await asyncio.sleep(self._settings.model_uri_poll_seconds)

    async def look(self) -> None:
        """Read the pointer once, and have what it names answer, unless that failed a moment ago."""
        try:
            wanted = await self._beside(partial(read_pointer, self._settings))
        except BadInput as error:
            self._fail("refused", error)
            return
        if wanted != self._wanted:
            self._wanted, self._failure = wanted, None
        if wanted == self._service.active.model.pointer:
            self._state, self._failure = "serving", None
            await self._drop_kept(if_due=True)
        elif self._failure is None or time.monotonic() >= self._failure.retry_at:
            await self._change(wanted)

    async def _change(self, wanted: str) -> None:
        if self._kept and self._kept.model.pointer == wanted:
            self._switch(self._kept)
            return
        self._state = "loading"
        await self._drop_kept()
        started = time.monotonic()
        model = await self._load_beside(wanted)
        if model is None:
            _give_back()
            return
        self._service.metrics.load_seconds.set(time.monotonic() - started)
        version = self._service.make_version(model)
        await version.batcher.start()
        self._switch(version)

    async def _load_beside(self, wanted: str) -> ServedModel | None:
        """Return the model; None where it can't be loaded, or the pointer names another one by now."""
        try:
            model = await self._beside(partial(self._load, self._settings, wanted, self._check_room))
            if await self._beside(partial(read_pointer, self._settings)) == wanted:
                return model
        except (BadInput, NoRoom, MemoryError, OSError, RuntimeError) as error:
            self._fail(_reason_of(error), error)
        else:
            model.discard()
        return None

    def _check_room(self, folder: Path) -> None:
        active = self._service.active.model
        check_room(folder, active.loaded, active.file_bytes)

    def _switch(self, version: Version) -> None:
        """Let another model answer from the next request on, and keep the one that did."""
        self._kept = self._service.activate(version)
        self._kept_until = time.monotonic() + self._settings.model_keep_seconds
        self._state, self._failure = "serving", None
        self._service.metrics.models.set(2)
        self._service.metrics.loads.labels("switched").inc()
        log.info("model.switched digest=%s kept=%s", version.digest, self._kept.digest)

    def _fail(self, reason: Reason, error: Exception) -> None:
        attempts = self._failure.attempts + 1 if self._failure else 1
        words = " ".join(str(error).split())[:SHOWN] or type(error).__name__
        retry_at = time.monotonic() + self._settings.model_retry_seconds
        self._state, self._failure = "failed", Failure(reason, words, attempts, retry_at)
        self._service.metrics.loads.labels(reason).inc()
        log.error("model.not_loaded wanted=%s reason=%s attempts=%d error=%s", self._wanted, reason, attempts, words)

    async def _drop_kept(self, if_due: bool = False) -> None:
        if self._kept is None or (if_due and time.monotonic() < self._kept_until):
            return
        kept, self._kept = self._kept, None
        await kept.close()
        self._service.metrics.models.set(1)
        log.info("model.dropped digest=%s", kept.digest)
        del kept
        _give_back()

    async def _beside(self, call: Callable[[], Found]) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def _reason_of(error: Exception) -> Reason:
    match error:
        case BadInput():
            return "refused"
        case NoRoom() | MemoryError():
            return "room"
        case OSError():
            return "storage"
        case _:
            return "room" if "out of memory" in str(error) else "failed"


def _give_back() -> None:
    """Return to the system what the dropped model took: the allocators would keep it for the next one."""
    gc.collect()
    import ctypes

    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    with suppress(OSError, AttributeError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)
