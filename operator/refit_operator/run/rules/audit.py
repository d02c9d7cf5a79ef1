"""The audit document of a run: made of the run alone, and the same whenever it is made. Pure."""

from datetime import datetime

from refit_operator.api.audit import (
    AuditDocument,
    AuditedApproval,
    AuditedData,
    AuditedModels,
    AuditedOutcome,
    AuditedServing,
    AuditedTest,
    Moment,
    TimelineEntry,
)
from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.run import RetrainRun


def audit_of(run: RetrainRun) -> AuditDocument | None:
    """Return the document of a run; None while it isn't over.

    What may still change after the end, such as who was notified of it, isn't in it.
    """
    outcome, meta, spec = _outcome(run), run.metadata, run.spec
    if outcome is None:
        return None
    return AuditDocument(
        id=meta.uid,
        namespace=meta.namespace,
        run=meta.name,
        ordinal=spec.ordinal,
        monitor=spec.monitor_ref,
        metric=spec.metric.name,
        trigger=spec.trigger,
        approval=_approval(run),
        models=_models(run),
        data=_data(run),
        images=dict(run.status.result.images),
        test=_test(run),
        serving=_serving(run),
        timeline=timeline_of(run),
        conditions=tuple(sorted(run.status.conditions, key=lambda each: each.type)),
        outcome=outcome,
    )


def _approval(run: RetrainRun) -> AuditedApproval:
    spec = run.spec
    return AuditedApproval(mode=spec.mode, decision=spec.approval, by=spec.approval_by, reason=spec.approval_reason)


def _outcome(run: RetrainRun) -> AuditedOutcome | None:
    status, finished = run.status, find(run.status.conditions, ConditionType.FINISHED)
    if status.outcome is None:
        return None
    reason, message = (finished.reason, finished.message) if finished else (status.outcome.value, status.message or "")
    return AuditedOutcome(outcome=status.outcome, reason=reason, message=message, time=status.completion_time)


def _models(run: RetrainRun) -> AuditedModels:
    candidate, served = run.status.result.checkpoint, run.served
    return AuditedModels(starting=run.spec.starting_checkpoint, served=str(served or ""), candidate=candidate)


def _data(run: RetrainRun) -> AuditedData:
    dataset, result = run.spec.training.dataset, run.status.result
    return AuditedData(
        train=dataset.train,
        holdout=dataset.holdout,
        training_rows=result.training_rows,
        training_fingerprint=result.fingerprint,
        holdout_rows=result.holdout_rows,
        holdout_distinct=result.holdout_distinct,
        holdout_digest=result.holdout_digest,
        holdout_use=result.holdout_use,
    )


def _test(run: RetrainRun) -> AuditedTest:
    result = run.status.result
    return AuditedTest(
        gate=run.spec.gate,
        result=result.gate,
        candidate=result.candidate,
        served=result.served,
        slices=result.slices,
        slice_count=result.slice_count,
        new_labels=result.new_labels,
    )


def _serving(run: RetrainRun) -> AuditedServing:
    target, change = run.spec.serving.target_ref, run.status.pointer_change
    return AuditedServing(
        kind=target.kind,
        name=target.name,
        uid=change.target_uid if change else None,
        before=change.old if change else run.spec.live_pointer,
        after=change.new if change else None,
    )


def timeline_of(run: RetrainRun) -> tuple[TimelineEntry, ...]:
    """Return what happened, by its time; of one second, in the order of Moment."""
    times = _times(run)
    order = {moment: place for place, moment in enumerate(Moment)}
    known = [(time, order[moment], moment) for moment, time in times.items() if time]
    return tuple(TimelineEntry(time=time, moment=moment) for time, _, moment in sorted(known))


def _times(run: RetrainRun) -> dict[Moment, datetime | None]:
    status, shadow, change = run.status, run.status.shadow, run.status.pointer_change
    return {
        Moment.TRIGGERED: run.spec.trigger.time,
        Moment.CREATED: run.metadata.creation_timestamp,
        Moment.JOB_CREATED: status.start_time,
        Moment.HOLDOUT_CHANGED: status.holdout_changed_time,
        Moment.REPORT_LOST: status.lost_report_time,
        Moment.TRAINED: status.trained_time,
        Moment.SHADOW_STARTED: shadow.start_time if shadow else None,
        Moment.SHADOW_READY: shadow.ready_time if shadow else None,
        Moment.PROMOTION_STARTED: change.time if change else None,
        Moment.ROLLED_OUT: status.rolled_out_time,
        Moment.ROLLBACK_STARTED: change.rollback_time if change else None,
        Moment.ENDED: status.completion_time,
    }
