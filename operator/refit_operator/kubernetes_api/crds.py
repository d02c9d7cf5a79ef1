"""CRDs that are older than the operator: the API server drops what they don't have, and says nothing.

So the log, a metric and an alert say it. Where a run would do what wasn't decided, or do it twice, the process ends.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Never

import structlog

from refit_operator.api.served import KINDS, OPENAPI, RUNS, describe, dropped, forbidding
from refit_operator.kubernetes_api.client import Cluster, Document
from refit_operator.kubernetes_api.errors import ClusterError, translated
from refit_operator.observability.metrics import CRD_OUTDATED

log = structlog.get_logger()
EVERY_S = 300.0
"""Seconds between two comparisons: CRDs are applied, and rolled back, while the operator runs."""
SOON_S = 10.0
"""Seconds until the second one where the first found nothing out; each that follows waits twice as long."""
PATIENCE_S = 3.0
"""Seconds for the answer: at the start the Lease isn't renewed meanwhile."""


class CrdTooOld(Exception):
    """No run may take a step."""


class Crds:
    """What the API server keeps of the kinds."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def check(self) -> bool:
        """Say what is dropped; return whether that is known. Raises CrdTooOld; what isn't known stops nothing."""
        try:
            found = await asyncio.to_thread(dropped, await self._read())
        except (ClusterError, ValueError, AttributeError, TypeError) as error:  # of an answer that is no such document
            CRD_OUTDATED.clear()
            log.warning("CRDs not compared with the operator's", error=str(error))
            return False
        self._say(found)
        return found.keys() == KINDS.keys()

    async def _read(self) -> Document:
        with translated():
            async with asyncio.timeout(PATIENCE_S):
                return await self._cluster.read_at(OPENAPI)

    def _say(self, found: Mapping[str, tuple[str, ...]]) -> None:
        for crd in KINDS.keys() - found.keys():
            with suppress(KeyError):
                CRD_OUTDATED.remove(crd)
            log.warning("CRD not compared with the operator's", crd=crd, error=f"isn't in {OPENAPI} yet")
        for crd, fields in found.items():
            CRD_OUTDATED.labels(crd).set(1 if fields else 0)
            if fields:
                log.warning(
                    "the CRD is older than the operator, and what it lacks is lost: apply the CRDs of this version",
                    crd=crd,
                    count=len(fields),
                    lacks=describe(fields),
                )
        if lost := forbidding(found):
            why = "without that a run would do what wasn't decided, or do it twice"
            raise CrdTooOld(f"the CRD {RUNS} lacks {describe(lost)}: {why}")

    async def watch(self) -> Never:
        """Check at intervals, short ones that grow as long as nothing is known. Raises CrdTooOld."""
        pause = SOON_S
        while True:
            await asyncio.sleep(pause)
            pause = EVERY_S if await self.check() else min(EVERY_S, 2 * pause)
