"""Have the audit documents of runs that ended kept, and record which are: so that a restart writes none again."""

from collections.abc import Sequence
from datetime import datetime

from refit_operator.api.run import RetrainRun
from refit_operator.audit.keeper import Keeper
from refit_operator.kubernetes_api.client import RUN, Cluster
from refit_operator.run.rules.audit import audit_of


async def keep(runs: Sequence[RetrainRun], keeper: Keeper, cluster: Cluster, now: datetime) -> bool:
    """Offer what isn't kept to the keeper, which waits for nobody here; return whether a run was written."""
    is_written = False
    for run in runs:
        id = run.metadata.uid
        if run.status.audit_time:
            keeper.forget(id)
        elif keeper.is_kept(id):
            status = run.status.model_copy(update={"audit_time": now})
            await cluster.write_status(RUN, run, status.to_json())
            is_written = True
        elif document := audit_of(run):
            keeper.offer(document)
    return is_written
