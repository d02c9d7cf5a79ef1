"""Delete old runs and Jobs: once a run has ended, and every hour."""

from datetime import datetime, timedelta

import structlog

from refit_operator.api.base import MONITOR_LABEL
from refit_operator.api.metadata import Ref
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.kubernetes_api.client import JOB, RUN
from refit_operator.kubernetes_api.errors import ClusterError
from refit_operator.ports import Ports
from refit_operator.run.rules.prune import History, jobs_to_delete, runs_to_delete
from refit_operator.target.read import find_target

log = structlog.get_logger()
EVERY = timedelta(hours=1)


class Pruner:
    """When each monitor was last pruned. Forgetting it costs one list of Jobs."""

    def __init__(self) -> None:
        self._last: dict[Ref, tuple[datetime, int]] = {}

    def forget(self, ref: Ref) -> None:
        """Drop what is known of a monitor that is gone."""
        self._last.pop(ref, None)

    async def prune(
        self,
        monitor: ModelMonitor,
        runs: tuple[RetrainRun, ...],
        ports: Ports,
        now: datetime,
    ) -> None:
        """Prune a monitor's history if it is time. A failure is logged, and doesn't fail the reconciliation."""
        ref, ended = Ref(monitor.metadata.namespace, monitor.metadata.name), sum(run.is_finished for run in runs)
        then, known = self._last.get(ref, (now, 0))
        if ended == known and now - then < EVERY:
            return
        try:
            history = await observe_history(monitor, runs, ports, now)
            old = runs_to_delete(history, monitor.spec.history_limit)
            await delete(history, old, ports)
        except ClusterError as error:
            log.warning("prune failed", monitor=str(ref), error=str(error))
        else:
            self._last[ref] = now, ended - len(old)


async def observe_history(monitor: ModelMonitor, runs: tuple[RetrainRun, ...], ports: Ports, now: datetime) -> History:
    """Return what there is of a monitor."""
    namespace = monitor.metadata.namespace
    jobs = await ports.cluster.list_objects(JOB, namespace, f"{MONITOR_LABEL}={monitor.metadata.name}")
    target = await find_target(ports.cluster, namespace, monitor.spec.serving)
    return History(runs, tuple(jobs), target.pointer if target else None, now, awaits_audit=ports.keeper is not None)


async def delete(history: History, old: tuple[RetrainRun, ...], ports: Ports) -> None:
    """Delete these runs, and the Jobs that are over; the API server deletes what they own."""
    for job in jobs_to_delete(history):
        meta = job["metadata"]
        log.info("prune", job=f"{meta['namespace']}/{meta['name']}")
        await ports.cluster.delete(JOB, Ref(meta["namespace"], meta["name"]), meta["uid"])
    for run in old:
        log.info("prune", run=f"{run.metadata.namespace}/{run.metadata.name}")
        await ports.cluster.delete(RUN, Ref(run.metadata.namespace, run.metadata.name), run.metadata.uid)
