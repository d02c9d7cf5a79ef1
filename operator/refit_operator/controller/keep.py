"""Have the audit documents of runs that ended kept, and record which are: so that a restart writes none again."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from refit_operator.api.run import RetrainRun
from refit_operator.audit.keeper import Keeper
from refit_operator.kubernetes_api.client import RUN, Cluster
from refit_operator.kubernetes_api.errors import Permanent
from refit_operator.run.rules.audit import audit_of

log = structlog.get_logger()


async def keep(runs: Sequence[RetrainRun], keeper: Keeper, cluster: Cluster, now: datetime) -> bool:
    """Offer what isn't kept to the keeper, which waits for nobody here; return whether a run was written."""
    is_written = False
    for run in runs:
        id = run.metadata.uid
        if run.status.audit_time:
            keeper.forget(id)
        elif keeper.is_kept(id):
            is_written |= await _record(run, cluster, now)
        elif not keeper.has(id) and (document := audit_of(run)):
            keeper.offer(document)
    return is_written


async def _record(run: RetrainRun, cluster: Cluster, now: datetime) -> bool:
    """Record that a run is kept; return whether that was written. A refusal must not hold up the run under way."""
    status = run.status.model_copy(update={"audit_time": now})
    try:
        await cluster.write_status(RUN, run, status.to_json())
    except Permanent as error:
        log.warning("audit time not recorded", run=f"{run.metadata.namespace}/{run.metadata.name}", error=str(error))
        return False
    return True
