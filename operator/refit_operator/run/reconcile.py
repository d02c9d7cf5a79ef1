"""Reconcile one run: observe, decide, act, record."""

from datetime import datetime, timedelta
from typing import Any, assert_never

import structlog

from refit_operator.api.metadata import Ref
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.reasons import Reason
from refit_operator.api.run import RetrainRun
from refit_operator.kubernetes_api.client import JOB, RUN, SERVICE
from refit_operator.kubernetes_api.config_map import apply_to_config_map
from refit_operator.kubernetes_api.errors import Forbidden, Invalid, Permanent, Transient
from refit_operator.kubernetes_api.events import build_event, post_event
from refit_operator.kubernetes_api.pointer import Applied, ApplyOutcome, Conflict, Replaced, apply_pointer
from refit_operator.observability.metrics import RUNS_FINISHED, STAGE_SECONDS
from refit_operator.observability.runs import stages_of
from refit_operator.ports import Ports
from refit_operator.run.observe import observe
from refit_operator.run.rules.checks.promotion import after_refusal
from refit_operator.run.rules.checks.shadow import creation_of_shadow_refused
from refit_operator.run.rules.checks.shadow_removal import deletion_of_shadow_refused
from refit_operator.run.rules.checks.training import creation_is_forbidden, creation_is_refused
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import (
    AT_ONCE,
    Action,
    CreateJob,
    CreateService,
    CreateShadow,
    Decision,
    DeleteJob,
    DeleteShadow,
    Observed,
    SuspendJob,
    WritePointer,
)
from refit_operator.target.rules.in_place import InPlaceTarget
from refit_operator.target.rules.view import TargetView

log = structlog.get_logger()
NOT_KEPT = "the API server dropped the record of this step: the CRD retrainruns.refit.dev is older than the operator"
"""A step that is due at once would be due again for ever."""


async def reconcile(
    run: RetrainRun, monitor: ModelMonitor, runs: tuple[RetrainRun, ...], ports: Ports, now: datetime
) -> timedelta | None:
    """Take one step and return when to reconcile again (None: at the next event)."""
    observed = await observe(run, monitor, runs, ports, now)
    decision = decide(observed)
    if decision.actions:
        await ensure_current(run, ports)
    for action in decision.actions:
        decision = await perform(action, decision, observed, ports)
    await write(decision, observed, monitor, ports)
    return decision.requeue_after


async def ensure_current(run: RetrainRun, ports: Ports) -> None:
    """Refuse to act on a run that has changed since it was read. Raises Transient.

    Another operator may have promoted and rolled back while this one was paused. The target was read before this check
    and is written only if it hasn't changed since, so that run and target are known to belong together.
    """
    found = await ports.cluster.read(RUN, Ref(run.metadata.namespace, run.metadata.name))
    if found is None or found["metadata"]["resourceVersion"] != run.metadata.resource_version:
        raise Transient(f"run {run.metadata.name} changed while it was reconciled")


async def perform(action: Action, decision: Decision, o: Observed, ports: Ports) -> Decision:
    """Do it; return the decision that stands afterwards."""
    meta = o.run.metadata
    log.info("action", run=f"{meta.namespace}/{meta.name}", action=type(action).__name__)
    match action:
        case CreateJob(body):
            return await _create(JOB, body, decision, o, ports)
        case CreateService(body):
            return await _create(SERVICE, body, decision, o, ports)
        case DeleteJob(name, uid):
            await ports.cluster.delete(JOB, Ref(meta.namespace, name), uid)
            return decision
        case SuspendJob(name, resource_version, suspend):
            await ports.cluster.suspend_job(Ref(meta.namespace, name), resource_version, suspend)
            return decision
        case CreateShadow(kind, body):
            return await _create_shadow(kind, body, decision, o, ports)
        case DeleteShadow():
            return await _delete_shadow(action, decision, o, ports)
        case WritePointer(pointer, force):
            return await _write_pointer(pointer, force, decision, o, ports)
        case _:
            assert_never(action)


async def _create(
    kind: tuple[str, str], body: dict[str, Any], decision: Decision, o: Observed, ports: Ports
) -> Decision:
    try:
        await ports.cluster.create(kind, o.run.metadata.namespace, body)
    except Forbidden as error:
        return creation_is_forbidden(o, kind[1], str(error))
    except Invalid as error:
        return creation_is_refused(o, kind[1], str(error))
    return decision


async def _create_shadow(
    kind: tuple[str, str], body: dict[str, Any], decision: Decision, o: Observed, ports: Ports
) -> Decision:
    try:
        await ports.cluster.create(kind, o.run.metadata.namespace, body)
    except (Forbidden, Invalid) as error:
        return creation_of_shadow_refused(o, kind[1], str(error))
    return decision


async def _delete_shadow(action: DeleteShadow, decision: Decision, o: Observed, ports: Ports) -> Decision:
    try:
        await ports.cluster.delete(action.kind, Ref(o.run.metadata.namespace, action.name), action.uid)
    except (Forbidden, Invalid) as error:
        return deletion_of_shadow_refused(o, decision, action, str(error))
    return decision


async def _write_pointer(pointer: str, force: bool, decision: Decision, o: Observed, ports: Ports) -> Decision:
    if o.target is None:
        return decision
    outcome = await _apply(o.target, pointer, force, ports)
    match outcome:
        case Applied():
            return decision
        case Conflict(message):
            return after_refusal(o, Reason.FIELD_CONFLICT, message)
        case Replaced():
            return after_refusal(o, Reason.TARGET_REPLACED, "the target was deleted or created again")
        case _:
            assert_never(outcome)


async def _apply(target: TargetView, pointer: str, force: bool, ports: Ports) -> ApplyOutcome:
    if isinstance(target, InPlaceTarget):
        if target.config_map is None:
            return Replaced()
        return await apply_to_config_map(ports.cluster, target.config_map, pointer, target.pointer, force)
    return await apply_pointer(ports.cluster, target.document, target.fields(pointer), force)


async def write(decision: Decision, o: Observed, monitor: ModelMonitor, ports: Ports) -> None:
    """Write the status if it changed, then post the Events."""
    if decision.status != o.run.status:
        version = await ports.cluster.write_status(RUN, o.run, decision.status.to_json())
        if version == o.run.metadata.resource_version and decision.requeue_after == AT_ONCE:
            raise Permanent(NOT_KEPT)
        count_end(o.run, decision)
    for event in decision.events:
        log.info(event.reason, run=f"{o.run.metadata.namespace}/{o.run.metadata.name}")  # its words are in the Event
        for about in (o.run, monitor):
            await post_event(ports.cluster, build_event(about, event, o.now))


def count_end(run: RetrainRun, decision: Decision) -> None:
    """Count a run that the written status ends, and how long its stages took."""
    if decision.status.outcome is None or run.status.outcome is not None:
        return
    RUNS_FINISHED.labels(decision.status.outcome.value).inc()
    for stage, begin, end in stages_of(run.model_copy(update={"status": decision.status})):
        STAGE_SECONDS.labels(stage.value).observe((end - begin).total_seconds())
