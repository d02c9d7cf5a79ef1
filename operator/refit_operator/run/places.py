"""Which runs have a place: what a reconciliation says of one, and what there was before this process led."""

import structlog

from refit_operator.api.base import RUN_LABEL
from refit_operator.api.conditions import ConditionType, is_true
from refit_operator.api.metadata import Ref, owner_of
from refit_operator.api.run import RetrainRun
from refit_operator.api.selection import Selection
from refit_operator.kubernetes_api.client import JOB, RUN, Cluster
from refit_operator.kubernetes_api.errors import Permanent
from refit_operator.kubernetes_api.parsing import parse
from refit_operator.places.rules.places import Places
from refit_operator.places.rules.waiting import Place, Uncounted, waiting
from refit_operator.run.rules.views.documents import ending_of
from refit_operator.run.rules.views.job import JobState, JobView

log = structlog.get_logger()


def place_of(run: RetrainRun, job: JobView, places: Places) -> Place | Uncounted | None:
    """Return where the run waits. None where it has a place, which it takes here, or needs none.

    Until both reports are recorded it keeps its place also between its Jobs, and afterwards while its Job lasts.
    """
    if not places.limits.are_set:
        return None
    if is_under_way(run, job):
        places.count(run.metadata.uid, Ref(run.metadata.namespace, run.spec.monitor_ref.name))
        return None
    if _needs_none(run):
        places.release(run.metadata.uid)
        return None
    return places.ask(waiting(run))


def is_under_way(run: RetrainRun, job: JobView) -> bool:
    """Return whether the run holds a place, by its newest Job."""
    at_work = job.owner_uid == run.metadata.uid and job.state not in (JobState.SUCCEEDED, JobState.FAILED)
    return _holds(run, has_job=job.state is not JobState.MISSING, at_work=at_work)


def _holds(run: RetrainRun, has_job: bool, at_work: bool) -> bool:
    """Return whether the run has a Job that isn't over, or had one and isn't trained."""
    return at_work if _needs_none(run) else run.status.job_ref is not None or has_job


def _needs_none(run: RetrainRun) -> bool:
    return run.is_rollback or is_true(run.status.conditions, ConditionType.TRAINED)


async def restore_places(cluster: Cluster, namespace: str, served: Selection, places: Places) -> None:
    """Count the runs under way, and line up those that wait. A run that was given a Job may not have recorded it."""
    runs = {run.metadata.uid: run for run in await _unfinished(cluster, namespace, served)}
    jobs = await cluster.list_objects(JOB, namespace, RUN_LABEL, served=served)
    given = {owner_of(job) for job in jobs}
    at_work = {owner_of(job) for job in jobs if ending_of(job) is None}
    under_way = {uid for uid, run in runs.items() if _holds(run, uid in given, uid in at_work)}
    others = [waiting(run) for uid, run in runs.items() if uid not in under_way and not _needs_none(run)]
    places.restore({uid: waiting(runs[uid]).monitor for uid in under_way}, others)


async def _unfinished(cluster: Cluster, namespace: str, served: Selection) -> list[RetrainRun]:
    """Return the runs that haven't ended; one that doesn't parse can't be reconciled, and starts nothing."""
    found = []
    for document in await cluster.list_objects(RUN, namespace, served=served):
        if (document.get("status") or {}).get("outcome"):
            continue
        try:
            found.append(parse(RetrainRun, document))
        except Permanent as error:
            log.warning("run skipped", run=document["metadata"]["name"], error=str(error))
    return found
