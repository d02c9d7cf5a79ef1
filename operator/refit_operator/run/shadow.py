"""Read a run's shadow: its objects and pods from the API server, and from Prometheus what a mirror counted."""

from datetime import datetime

from refit_operator.api.metadata import Ref, owner_of
from refit_operator.api.run import RetrainRun
from refit_operator.api.shadow import ShadowRecord, shadow_name
from refit_operator.kubernetes_api.client import SERVICE, Document
from refit_operator.ports import Ports
from refit_operator.prometheus.reader import Subject
from refit_operator.prometheus.rules.reading import QueryFailed
from refit_operator.run.rules.views.job import oldest_first
from refit_operator.run.rules.views.shadow import (
    COUNTERS,
    Answers,
    Made,
    Parts,
    ShadowView,
    awaits_shadow,
    crash_of,
    may_have_shadow,
    query_of,
    read_answers,
)
from refit_operator.run.rules.views.waiting import silent_pod, why_not_started
from refit_operator.run.surroundings import read_surroundings
from refit_operator.target.read import list_pods_of
from refit_operator.target.rules.kinds import DEPLOYMENT
from refit_operator.target.rules.view import parse_target


async def read_shadow(run: RetrainRun, runs: tuple[RetrainRun, ...], ports: Ports, now: datetime) -> ShadowView:
    """Return what there is of the shadow; nothing is read at any other time than while there may be one."""
    shadow = run.status.shadow
    if shadow is None or not may_have_shadow(run):
        return ShadowView()
    ref = Ref(run.metadata.namespace, shadow_name(run.spec.serving.target_ref.name))
    kinds = (DEPLOYMENT.identity, SERVICE)
    found = {kind: document for kind in kinds if (document := await ports.cluster.read(kind, ref))}
    finished = frozenset(other.metadata.uid for other in runs if other.is_finished)
    made = {kind: _made(document, finished) for kind, document in found.items()}
    if not awaits_shadow(run):
        return ShadowView(made=made)
    answers = await _answers(run, shadow, ports, now)
    deployment = found.get(DEPLOYMENT.identity)
    if deployment is None or owner_of(deployment) != run.metadata.uid:
        return ShadowView(made=made, answers=answers)
    view = parse_target(deployment)
    pods = oldest_first(await list_pods_of(ports.cluster, view, run.metadata.namespace))
    around = await read_surroundings(run.metadata.namespace, pods, silent_pod(pods), [], ports.cluster)
    return ShadowView(view, made, why_not_started(pods, around), crash_of(pods, shadow.ready_time), answers)


def _made(document: Document, finished: frozenset[str]) -> Made:
    meta, owner = document["metadata"], owner_of(document)
    return Made(meta["uid"], owner, bool(meta.get("deletionTimestamp")), owner in finished)


async def _answers(run: RetrainRun, shadow: ShadowRecord, ports: Ports, now: datetime) -> Answers | QueryFailed:
    if shadow.ready_time is None:
        return Answers()
    found = list[Parts]()
    for metric, label, parts in COUNTERS:
        counted = await _count(run, shadow, ports, now, metric, label, parts)
        if isinstance(counted, QueryFailed):
            return counted
        found.append(counted)
    return read_answers(*found)


async def _count(
    run: RetrainRun, shadow: ShadowRecord, ports: Ports, now: datetime, metric: str, label: str, parts: tuple[str, ...]
) -> Parts | QueryFailed:
    spec, digest = run.spec, run.status.result.checkpoint.rpartition("@")[2]
    subject = Subject(run.metadata.namespace, spec.monitor_ref.name, spec.serving.target_ref.name, digest)
    query = query_of(metric, label, shadow.start_time, now, ports.reader.namespace_label)
    return await ports.reader.parts(subject, spec.prometheus, query, label, parts, now)
