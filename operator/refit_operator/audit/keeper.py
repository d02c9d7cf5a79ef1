"""Write audit documents beside everything else: a volume that hangs or is full holds up no reconciliation.

Exactly once: a document is recorded on its run after it is on the disk, and one that is there isn't written again.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Never

import structlog

from refit_operator.api.audit import AuditDocument
from refit_operator.api.metadata import Ref
from refit_operator.audit.folder import write
from refit_operator.observability.metrics import AUDIT_WAITING

log = structlog.get_logger()
Enqueue = Callable[[Ref], None]
"""Called with a monitor whose run's document is written, so that this is recorded, or that was to offer one again."""

FIRST_BACKOFF = 5.0
LONGEST_BACKOFF = 600.0
MOST_WAITING = 1000
"""Documents in memory; a monitor with more is reconciled again once there is room."""


class Keeper:
    """The documents that are to be written, and those that are and aren't recorded yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: dict[str, AuditDocument] = {}
        self._kept: set[str] = set()
        self._later: dict[Ref, None] = {}
        self._offered = asyncio.Event()
        # of its own: a thread that a hung volume holds must not be one that others wait for
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")

    def is_kept(self, id: str) -> bool:
        """Return whether this process found or wrote the document of a run, by its UID."""
        return id in self._kept

    def forget(self, id: str) -> None:
        """Forget a document that is recorded."""
        self._kept.discard(id)

    def offer(self, document: AuditDocument) -> None:
        """Have it written soon."""
        if document.id in self._waiting or document.id in self._kept:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._later[_monitor_of(document)] = None
            return
        self._waiting[document.id] = document
        self._show()

    async def run(self, enqueue: Enqueue) -> Never:
        """Write what is offered, for ever."""
        while True:
            await self._offered.wait()
            document = next(iter(self._waiting.values()))
            await self._write(document)
            self._kept.add(document.id)
            del self._waiting[document.id]
            self._show()
            for monitor in (_monitor_of(document), *self._with_room()):
                enqueue(monitor)

    def _with_room(self) -> tuple[Ref, ...]:
        """Return the monitors that had documents more than fit, once half of the room is free."""
        if len(self._waiting) > MOST_WAITING // 2:
            return ()
        later = tuple(self._later)
        self._later.clear()
        return later

    async def _write(self, document: AuditDocument) -> None:
        """Try until it is written."""
        backoff, about = FIRST_BACKOFF, f"{document.namespace}/{document.run}"
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, write, self._folder, document)
            except OSError as error:
                log.error("audit document not written yet", run=about, error=str(error), backoff=backoff)
                await asyncio.sleep(backoff)
                backoff = min(LONGEST_BACKOFF, 2 * backoff)
            else:
                log.info("audit document written", run=about)
                return

    def _show(self) -> None:
        AUDIT_WAITING.set(len(self._waiting))
        if self._waiting:
            self._offered.set()
        else:
            self._offered.clear()


def _monitor_of(document: AuditDocument) -> Ref:
    return Ref(document.namespace, document.monitor.name)
