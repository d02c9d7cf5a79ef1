"""Write audit documents beside everything else: a volume that hangs or is full holds up no reconciliation.

Exactly once: a document is recorded on its run after it is on the disk, and one that is there isn't written again.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
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
DOCUMENTS_OF_A_MONITOR = 10
"""So many are expected of a monitor: historyLimit's default."""


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

    def has(self, id: str) -> bool:
        """Return whether the document of a run was offered, by its UID."""
        return id in self._waiting or id in self._kept

    def forget(self, id: str) -> None:
        """Forget a document that is recorded."""
        self._kept.discard(id)

    def offer(self, document: AuditDocument) -> None:
        """Have it written soon."""
        if self.has(document.id):
            return
        if len(self._waiting) >= MOST_WAITING:
            self._later[_monitor_of(document)] = None
            return
        self._waiting[document.id] = document
        self._show()

    async def run(self, enqueue: Enqueue) -> Never:
        """Write what is offered, for ever. What can't be written waits behind the others, and longer where none can."""
        backoff, failed = FIRST_BACKOFF, 0
        while True:
            await self._offered.wait()
            id, document = next(iter(self._waiting.items()))
            is_written = await self._is_written(document)
            del self._waiting[id]
            if is_written:
                self._kept.add(id)
                backoff, failed = FIRST_BACKOFF, 0
                for monitor in (_monitor_of(document), *self._with_room()):
                    enqueue(monitor)
            else:
                self._waiting[id] = document
                failed += 1
            self._show()
            if failed >= len(self._waiting) > 0:
                await asyncio.sleep(backoff)
                backoff, failed = min(LONGEST_BACKOFF, 2 * backoff), 0

    def _with_room(self) -> tuple[Ref, ...]:
        """Return some of the monitors that had documents more than fit: as many as there is room for, and no herd."""
        room = (MOST_WAITING - len(self._waiting)) // DOCUMENTS_OF_A_MONITOR
        later = tuple(islice(self._later, max(room, 0 if self._waiting else 1)))
        for monitor in later:
            del self._later[monitor]
        return later

    async def _is_written(self, document: AuditDocument) -> bool:
        """Try to write it."""
        about = f"{document.namespace}/{document.run}"
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, write, self._folder, document)
        except Exception as error:  # whatever it is, it must not end the operator
            log.error("audit document not written yet", run=about, error=f"{type(error).__name__}: {error}")
            return False
        log.info("audit document written", run=about)
        return True

    def _show(self) -> None:
        AUDIT_WAITING.set(len(self._waiting))
        if self._waiting:
            self._offered.set()
        else:
            self._offered.clear()


def _monitor_of(document: AuditDocument) -> Ref:
    return Ref(document.namespace, document.monitor.name)
