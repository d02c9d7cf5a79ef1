"""From nothing to two reports: the checks on the run's Job. Pure."""

from functools import partial

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.events import Event
from refit_operator.api.policy import Mode
from refit_operator.api.reasons import Reason
from refit_operator.api.results import RunResult
from refit_operator.api.run import Outcome, Stage
from refit_operator.api.run_clock import Phase
from refit_operator.api.uris import name_pointer
from refit_operator.run.rules.checks.deadlines import clock_of, next_requeue
from refit_operator.run.rules.decision import (
    AT_ONCE,
    CreateJob,
    Decision,
    DeleteJob,
    Observed,
    condition,
    finish,
    is_ours,
    is_trained,
    newest_progress,
    record,
    stopping,
)
from refit_operator.run.rules.manifests.config import checkpoint_uri
from refit_operator.run.rules.manifests.job import build_job
from refit_operator.run.rules.views.job import JobState
from refit_operator.run.rules.views.reports import MISSING, JudgeReport, TrainReport
from refit_operator.run.rules.views.results import judgement_fields
from refit_operator.run.rules.views.waiting import Waiting, refused

_REASONS = {Phase.QUEUED: Reason.QUEUED, Phase.PENDING: Reason.PENDING, Phase.RUNNING: Reason.RUNNING}
_STAGES = {
    JobState.QUEUED: Stage.QUEUED,
    JobState.PENDING: Stage.QUEUED,
    JobState.TRAINING: Stage.TRAINING,
    JobState.JUDGING: Stage.JUDGING,
}


def superseded(o: Observed) -> Decision | None:
    """End a run whose monitor's spec has changed in what the run depends on."""
    if not o.superseded_by or (is_trained(o) and not _may_wait_for_approval(o)):
        return None
    ended = finish(o, Outcome.SUPERSEDED, Reason.SUPERSEDED, f"{o.superseded_by} of the monitor changed")
    return stopping(o, ended)


def _may_wait_for_approval(o: Observed) -> bool:
    """Return whether the run waits for spec.approval: what the monitor no longer asks for shall not be approved."""
    spec = o.run.spec
    waits = spec.mode is Mode.APPROVE and spec.approval is None and not o.run.is_rollback
    return waits and o.run.status.pointer_change is None


def job_deleted(o: Observed) -> Decision | None:
    """End a run whose recorded Job is gone: somebody deleted it."""
    if is_trained(o) or o.job.state is not JobState.MISSING or o.run.status.job_ref != o.run.job_name:
        return None
    return finish(o, Outcome.FAILED, Reason.JOB_DELETED, f"Job {o.run.status.job_ref} was deleted")


def create_job(o: Observed) -> Decision | None:
    """Create the Job, once."""
    if is_trained(o) or o.job.state is not JobState.MISSING:
        return None
    status = record(o, Stage.QUEUED, "creating the Job")
    body = build_job(o.run, o.reporting, o.judge_image, o.holdout_uses, o.refusals)
    return Decision(status, actions=(CreateJob(body),), requeue_after=AT_ONCE)


def creation_is_refused(o: Observed, kind: str, message: str) -> Decision:
    """End a run whose Job or Service the API server finds invalid: training.podTemplate, most likely."""
    return finish(o, Outcome.FAILED, Reason.JOB_INVALID, f"the API server rejects the {kind}: {message}")


def creation_is_forbidden(o: Observed, kind: str, message: str) -> Decision:
    """Wait until whatever forbids the Job or the Service, such as a quota, allows it."""
    return waits_for(o, refused(kind, message))


def waits_for(o: Observed, waiting: Waiting) -> Decision:
    """Report what prevents the pod from starting, and reconcile again."""
    unknown = condition(o, ConditionType.TRAINED, "Unknown", waiting.reason, waiting.message)
    clock = clock_of(o)
    status = record(o, _STAGES.get(o.job.state, Stage.QUEUED), waiting.message, unknown, clock=clock)
    return Decision(status, events=_events_of_wait(o, waiting), requeue_after=next_requeue(o, clock))


def _events_of_wait(o: Observed, waiting: Waiting) -> tuple[Event, ...]:
    """Return an Event where the reason is a new one; waiting in a queue is nothing to warn of."""
    if waiting.reason is Reason.QUEUED or _reason_of(o) == waiting.reason:
        return ()
    return (Event(waiting.reason.value, waiting.message, "Warning"),)


def _reason_of(o: Observed) -> str:
    """Return the reason that Trained had after the last reconciliation, empty where it had none."""
    trained = find(o.run.status.conditions, ConditionType.TRAINED)
    return trained.reason if trained else ""


def job_conflict(o: Observed) -> Decision | None:
    """Refuse to adopt a Job that this run doesn't control."""
    if is_trained(o) or o.job.owner_uid == o.run.metadata.uid:
        return None
    message = f"Job {o.run.job_name} exists and isn't controlled by this run"
    return finish(o, Outcome.FAILED, Reason.JOB_CONFLICT, message)


def record_job(o: Observed) -> Decision | None:
    """Record the Job that was created."""
    if is_trained(o) or o.run.status.job_ref == o.run.job_name:
        return None
    start = o.run.status.start_time or o.job.created or o.now
    status = record(o, Stage.QUEUED, "Job created", job_ref=o.run.job_name, start_time=start)
    if o.run.status.lost_report_time:
        return Decision(status, requeue_after=AT_ONCE)
    event = Event("RetrainStarted", f"Job {o.run.job_name} trains from {name_pointer(o.run.spec.starting_checkpoint)}")
    return Decision(status, events=(event,), requeue_after=AT_ONCE)


def record_training(o: Observed) -> Decision | None:
    """Copy the trainer's report as soon as it is there: pods and their messages may be deleted."""
    report = o.job.train_report
    if report is None or o.run.status.result.training_rows is not None:
        return None
    message = f"trained on {report.rows} rows in {report.seconds:.0f} s"
    result = _with_training(o, report)
    status = record(o, Stage.JUDGING, message, result=result, progress=newest_progress(o))
    return Decision(status, events=(Event("TrainingFinished", message),), requeue_after=AT_ONCE)


def _with_training(o: Observed, report: TrainReport) -> RunResult:
    return RunResult(
        checkpoint=f"{checkpoint_uri(o.run)}@{report.digest}",
        training_rows=report.rows,
        training_seconds=f"{report.seconds:.1f}",
        fingerprint=report.fingerprint,
        images=dict(o.job.images),
    )


def report_invalid(o: Observed) -> Decision | None:
    """End a run whose trainer or judge exited 0 without a valid report: another attempt would report the same."""
    flaw = next((text for text in map(partial(_complaint, o), o.job.flaws) if text), "")
    if is_trained(o) or not flaw:
        return None
    return stopping(o, finish(o, Outcome.FAILED, Reason.REPORT_INVALID, flaw))


def _complaint(o: Observed, flaw: tuple[str, str]) -> str:
    """Return what is wrong, empty where it is no fault: a command of the user's own needn't report, and where nothing
    was trained there is no candidate to report of.
    """
    name, text = flaw
    if o.run.status.result.unchanged and (name == "train" or o.job.holdout):
        return ""
    if name == "train" and o.job.unchanged:
        text = f"unchanged={o.job.unchanged.unchanged} is the fingerprint of no refused run"
    known = o.run.status.result.training_rows is not None
    silent = text == MISSING and bool(o.run.spec.training.command)
    return "" if name == "train" and (known or silent) else f"the report of container {name} is invalid: {text}"


def record_judgement(o: Observed) -> Decision | None:
    """Copy the judge's report: from here on the Job is no longer needed."""
    report = o.job.judge_report
    result = _trained(o, report) if report else None
    if is_trained(o) or report is None or result is None:
        return None
    message = f"judged on {report.rows} holdout rows"
    trained = condition(o, ConditionType.TRAINED, "True", Reason.JOB_SUCCEEDED, message)
    facts = {
        "result": result.model_copy(
            update=judgement_fields(report, o.run.spec.gate.metric, o.holdout_uses)
            | {"images": {**result.images, **o.job.images}}
        ),
        "progress": newest_progress(o),
    }
    status = record(o, Stage.JUDGING, message, trained, trained_time=o.now, **facts)
    return Decision(status, requeue_after=AT_ONCE)


def _trained(o: Observed, report: JudgeReport) -> RunResult | None:
    """Return what was trained, by the trainer's report, or the judge's where the trainer's is lost or not required."""
    if o.run.status.result.training_rows is not None:
        return o.run.status.result
    if not o.run.spec.training.command and not o.run.status.lost_report_time:
        return None
    return RunResult(checkpoint=f"{checkpoint_uri(o.run)}@{report.candidate.digest}")


def end_job(o: Observed) -> Decision | None:
    """Delete a Job whose work is done and whose pod goes on: what somebody added to it would keep its GPU."""
    if not is_trained(o) or not o.job.lingering or not is_ours(o):
        return None
    return Decision(o.run.status, actions=(DeleteJob(o.run.job_name, o.job.uid),), requeue_after=AT_ONCE)


def training_failed(o: Observed) -> Decision | None:
    """End the run with the message of whatever failed. A pod that goes on after its judge failed is never retried."""
    goes_on = bool(o.job.lingering and o.job.error)
    if is_trained(o) or not (o.job.state is JobState.FAILED or goes_on):
        return None
    message = o.job.error or "the Job failed"
    message += f"; not retried, because the pod's container {o.job.lingering} hasn't ended" if goes_on else ""
    trained = condition(o, ConditionType.TRAINED, "False", Reason.TRAINING_FAILED, message)
    ended = finish(o, Outcome.FAILED, Reason.TRAINING_FAILED, message, trained)
    return stopping(o, ended) if goes_on else ended


def report_lost(o: Observed) -> Decision | None:
    """Judge again, once, where the Job succeeded and its pod is gone with its report: nothing unjudged is promoted."""
    if is_trained(o) or o.job.state is not JobState.SUCCEEDED:
        return None
    message = f"Job {o.run.job_name} succeeded, but its pod was deleted with its report"
    if o.run.status.lost_report_time:
        return finish(o, Outcome.FAILED, Reason.REPORT_LOST, f"{message}, for the second time")
    status = record(o, Stage.JUDGING, f"{message}: judging again", lost_report_time=o.now)
    return Decision(status, events=(Event("ReportLost", message, "Warning"),), requeue_after=AT_ONCE)


def await_job(o: Observed) -> Decision | None:
    """Wait for the Job."""
    if is_trained(o):
        return None
    if o.job.waiting:
        return waits_for(o, o.job.waiting)
    clock, progress, message = clock_of(o), newest_progress(o), _at_work(o)
    unknown = condition(o, ConditionType.TRAINED, "Unknown", _REASONS[clock.phase])
    status = record(o, _STAGES[o.job.state], message, unknown, progress=progress, clock=clock)
    return Decision(status, events=_events_of_retry(o, message), requeue_after=next_requeue(o, clock))


def _events_of_retry(o: Observed, message: str) -> tuple[Event, ...]:
    """Return an Event where an attempt has just failed: its pod may be deleted soon, and the message with it."""
    is_new = _reason_of(o) == Reason.RUNNING and o.run.status.message != message
    return (Event("TrainingRetried", message, "Warning"),) if o.job.error and is_new else ()


def _at_work(o: Observed) -> str:
    """Return in a sentence what the Job does or waits for."""
    stage, queue = _STAGES[o.job.state], o.run.spec.training.queue_name
    if o.job.state is JobState.QUEUED:
        return f"Queued: suspended until LocalQueue {queue} admits it" if queue else "Queued: the Job is suspended"
    if o.job.error:
        return f"retrying after: {o.job.error}"
    progress = newest_progress(o)
    text = progress.describe() if progress and stage is Stage.TRAINING else ""
    return f"{stage.value}: {text}" if text else stage.value
