"""Read everything that a decision about a run rests on: fresh from the API server, the readings from Prometheus."""

from dataclasses import replace
from datetime import datetime, timedelta

from refit_operator.api.base import RUN_LABEL, TAKE_POINTER_ANNOTATION
from refit_operator.api.conditions import ConditionType, is_true
from refit_operator.api.metadata import Ref, owner_of
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.api.uris import parse_pointer
from refit_operator.kubernetes_api.client import JOB, SERVICE, Document
from refit_operator.kubernetes_api.workloads import list_workloads
from refit_operator.ports import Ports
from refit_operator.prometheus.reader import Subject
from refit_operator.prometheus.rules.reading import QueryFailed, Reading
from refit_operator.run.places import place_of
from refit_operator.run.rules.asked import asked
from refit_operator.run.rules.certainty import holdout_uses
from refit_operator.run.rules.decision import Observed
from refit_operator.run.rules.manifests.config import checkpoint_uri
from refit_operator.run.rules.manifests.machines import is_shared, service_name
from refit_operator.run.rules.refusals import refusals_before
from refit_operator.run.rules.views.candidate import has_tried
from refit_operator.run.rules.views.job import JobView, oldest_first, view_job
from refit_operator.run.rules.views.nodes import nodes_of
from refit_operator.run.rules.views.queue import queue_of
from refit_operator.run.rules.views.waiting import is_halted, silent_pod, subject_of, why_not_started
from refit_operator.run.shadow import read_shadow
from refit_operator.run.surroundings import read_surroundings
from refit_operator.target.read import find_target, list_pods_of, list_pointers_of, with_answers
from refit_operator.target.rules.ownership import handover, rolled_back_digests
from refit_operator.target.rules.request import open_rollback
from refit_operator.target.rules.view import TargetView


async def observe(
    run: RetrainRun, monitor: ModelMonitor, runs: tuple[RetrainRun, ...], ports: Ports, now: datetime
) -> Observed:
    """Return what is known of a run. It takes a place where one is free for it: last, once all reads have succeeded."""
    ref = Ref(run.metadata.namespace, run.metadata.name)
    view = await find_target(ports.cluster, run.metadata.namespace, run.spec.serving)
    grid = ports.reader.grid_of(run.spec.prometheus, run.spec.metric)
    view, blocker, candidate_ran = await _rollout_pods(run, view, ports)
    observed = Observed(
        run=run,
        job=await _job(run, ports),
        target=view,
        now=now,
        window=await _window(run, view, ports, now),
        query_range=grid.query_range,
        rolled_back=rolled_back_digests(runs),
        is_newest=all(other.spec.ordinal <= run.spec.ordinal for other in runs),
        ended_before=monitor.status.last_run is not None and monitor.status.last_run.name == run.metadata.name,
        rollout_blocker=blocker,
        candidate_ran=candidate_ran,
        was_written=await _was_written(run, view, ports),
        superseded_by=changed_field(run, monitor),
        rollback_requested=not run.is_rollback and open_rollback(monitor.metadata, runs, now) is not None,
        may_force=_is_handed_back(view, monitor, runs),
        next_reading=max(timedelta(0), grid.next_reading(now) - now),
        progress=ports.progress.of(ref),
        listening_since=ports.progress.listening_since,
        service_owner=await _service_owner(run, ports),
        reporting=ports.reporting,
        holdout_uses=holdout_uses(runs, run.spec.ordinal),
        refusals=refusals_before(runs, run),
        shadow=await read_shadow(run, runs, ports, now),
        judge_image=ports.judge_image,
    )
    return replace(observed, place=place_of(run, observed.job, ports.places))


async def _job(run: RetrainRun, ports: Ports) -> JobView:
    job = await _read_job(run, ports)
    pods = oldest_first(await ports.cluster.list_pods(job)) if job else []
    if job is None:
        return view_job(None, [])
    nodes = [] if is_halted(job) else nodes_of(pods)
    around = await read_surroundings(run.metadata.namespace, pods, subject_of(job, pods), nodes, ports.cluster)
    workloads = await list_workloads(ports.cluster, job) if queue_of(job) else []
    return view_job(job, pods, around, workloads)


async def _read_job(run: RetrainRun, ports: Ports) -> Document | None:
    """Return the run's newest Job. That it is gone, once created, only a list says: a list has a version of its own."""
    meta, name = run.metadata, run.job_name
    job = await ports.cluster.read(JOB, Ref(meta.namespace, name))
    if job or run.status.job_ref != name:
        return job
    jobs = await ports.cluster.list_objects(JOB, meta.namespace, f"{RUN_LABEL}={meta.name}")
    return next((job for job in jobs if job["metadata"]["name"] == name), None)


async def _service_owner(run: RetrainRun, ports: Ports) -> str | None:
    """Return the UID of what controls the Service of the run's name, None where there is none or none is needed."""
    if not is_shared(run) or run.is_rollback or is_true(run.status.conditions, ConditionType.TRAINED):
        return None
    service = await ports.cluster.read(SERVICE, Ref(run.metadata.namespace, service_name(run)))
    return owner_of(service) if service else None


async def _rollout_pods(
    run: RetrainRun, target: TargetView | None, ports: Ports
) -> tuple[TargetView | None, str, bool]:
    """Return the target, with what its pods answer with where that matters; why one doesn't start, empty where nothing
    is known; and whether the candidate ran in one that isn't ready. Read only during a rollout.
    """
    change = run.status.pointer_change
    if target is None or change is None or (run.status.rolled_out_time and not change.rollback_time):
        return target, "", False
    pods = oldest_first(await list_pods_of(ports.cluster, target, run.metadata.namespace))
    around = await read_surroundings(run.metadata.namespace, pods, silent_pod(pods), [], ports.cluster)
    target = await with_answers(target, pods)
    return target, why_not_started(pods, around), has_tried(target, pods, change)


async def _was_written(run: RetrainRun, target: TargetView | None, ports: Ports) -> bool:
    """Return whether the target has had a template with the run's pointer; asked only before it is written."""
    trained = is_true(run.status.conditions, ConditionType.TRAINED)
    uri = target.to_server_uri(checkpoint_uri(run)) if target else None
    if target is None or uri is None or run.is_rollback or run.status.pointer_change or not trained:
        return False
    pointers = await list_pointers_of(ports.cluster, target, run.metadata.namespace)
    return any(pointer.rpartition("@")[0] == uri for pointer in pointers)


def _is_handed_back(target: TargetView | None, monitor: ModelMonitor, runs: tuple[RetrainRun, ...]) -> bool:
    taken = monitor.metadata.annotations.get(TAKE_POINTER_ANNOTATION)
    return target is not None and taken == handover(target.pointer, runs)


async def _window(
    run: RetrainRun, target: TargetView | None, ports: Ports, now: datetime
) -> tuple[Reading, ...] | QueryFailed:
    """Return the readings that the next step needs; nothing is queried at any other time."""
    spec, grid = run.spec, ports.reader.grid_of(run.spec.prometheus, run.spec.metric)
    needed = asked(run, now, grid.interval, grid.query_range)
    if needed is None:
        return ()
    pointer = parse_pointer(target.pointer) if target else None
    digest = pointer.digest if pointer else ""
    subject = Subject(run.metadata.namespace, spec.monitor_ref.name, spec.serving.target_ref.name, digest)
    return await ports.reader.window(subject, spec.prometheus, spec.metric, needed.count, needed.until)


def changed_field(run: RetrainRun, monitor: ModelMonitor) -> str:
    """Return the field of the monitor's spec that makes this run pointless, empty where none does."""
    ours, theirs = run.spec.training, monitor.spec.training
    pairs = {
        "training.image": (ours.image, theirs.image),
        "training.task": (ours.task, theirs.task),
        "training.baseModel": (ours.base_model, theirs.base_model),
        "training.dataset": (ours.dataset, theirs.dataset),
        "training.hyperparameters": (ours.hyperparameters, theirs.hyperparameters),
        "gate": (run.spec.gate, monitor.spec.gate),
        "serving.targetRef": (run.spec.serving.target_ref, monitor.spec.serving.target_ref),
        "serving.update": (run.spec.serving.update, monitor.spec.serving.update),
    }
    return next((name for name, (a, b) in pairs.items() if a != b), "")
