"""From nothing to two reports: the checks that look at the run's Job. Pure."""

from functools import partial

from refit_operator.api.conditions import ConditionType, Reason
from refit_operator.api.events import Event
from refit_operator.api.policy import Mode
from refit_operator.api.run import Outcome, RunResult, Stage
from refit_operator.api.run_clock import Phase
from refit_operator.api.uris import name_pointer
from refit_operator.run.rules.checks.deadlines import clock_of, next_requeue
from refit_operator.run.rules.decision import (
    AT_ONCE,
    CreateJob,
    Decision,
    Observed,
    condition,
    finish,
    is_trained,
    newest_progress,
    record,
    stopping,
)
from refit_operator.run.rules.manifests.config import checkpoint_uri
from refit_operator.run.rules.manifests.job import build_job
from refit_operator.run.rules.views.job import JobState
from refit_operator.run.rules.views.reports import MISSING, JudgeReport, TrainReport
from refit_operator.run.rules.views.results import record_judgement
from refit_operator.run.rules.views.waiting import Waiting, refused

_REASONS = {Phase.QUEUED: Reason.QUEUED, Phase.PENDING: Reason.PENDING, Phase.RUNNING: Reason.RUNNING}
_STAGES = {
    JobState.QUEUED: Stage.QUEUED,
    JobState.PENDING: Stage.QUEUED,
    JobState.TRAINING: Stage.TRAINING,
    JobState.JUDGING: Stage.JUDGING,
}


def superseded(o: Observed) -> Decision | None:
    """End a run whose monitor asks for something else by now."""
    if not o.superseded_by or (is_trained(o) and not _may_wait_for_approval(o)):
        return None
    ended = finish(o, Outcome.SUPERSEDED, Reason.SUPERSEDED, f"{o.superseded_by} of the monitor changed")
    return stopping(o, ended)


def _may_wait_for_approval(o: Observed) -> bool:
    """Return whether a person has still to speak: nobody should approve what the monitor no longer asks for."""
    spec = o.run.spec
    waits = spec.mode is Mode.APPROVE and spec.approval is None and not o.run.is_rollback
    return waits and o.run.status.pointer_change is None


def job_is_missing(o: Observed) -> Decision | None:
    """Make the Job, once. One that was there before and is gone was deleted by somebody: that ends the run."""
    if is_trained(o) or o.job.state is not JobState.MISSING:
        return None
    if o.run.status.job_ref == o.run.job_name:
        return finish(o, Outcome.FAILED, Reason.TRAINING_FAILED, f"Job {o.run.status.job_ref} was deleted")
    if o.ended_before:
        return finish(o, Outcome.FAILED, Reason.TRAINING_FAILED, "the run had ended; the record of how was lost")
    status = record(o, Stage.QUEUED, "making the Job")
    return Decision(status, actions=(CreateJob(build_job(o.run, o.reporting)),), requeue_after=AT_ONCE)


def creation_is_refused(o: Observed, kind: str, message: str) -> Decision:
    """End a run whose Job the API server finds invalid: training.podTemplate, most likely."""
    return finish(o, Outcome.FAILED, Reason.TRAINING_FAILED, f"the API server refuses the {kind}: {message}")


def creation_is_forbidden(o: Observed, kind: str, message: str) -> Decision:
    """Wait for whoever forbids it, such as a quota, to let the Job be made, or the Service."""
    return waits_for(o, refused(kind, message))


def waits_for(o: Observed, waiting: Waiting) -> Decision:
    """Say what stands in the way, and look again."""
    unknown = condition(o, ConditionType.TRAINED, "Unknown", waiting.reason, waiting.message)
    clock = clock_of(o)
    status = record(o, _STAGES.get(o.job.state, Stage.QUEUED), waiting.message, unknown, clock=clock)
    return Decision(status, requeue_after=next_requeue(o, clock))


def job_is_a_strangers(o: Observed) -> Decision | None:
    """Refuse to adopt a Job that this run doesn't own."""
    if is_trained(o) or o.job.owner_uid == o.run.metadata.uid:
        return None
    message = f"a Job named {o.run.job_name} is there and isn't this run's"
    return finish(o, Outcome.FAILED, Reason.TRAINING_FAILED, message)


def job_is_new(o: Observed) -> Decision | None:
    """Record the Job that was made."""
    if is_trained(o) or o.run.status.job_ref == o.run.job_name:
        return None
    start = o.run.status.start_time or o.job.created or o.now
    status = record(o, Stage.QUEUED, "the Job is made", job_ref=o.run.job_name, start_time=start)
    if o.run.status.lost_report_time:
        return Decision(status, requeue_after=AT_ONCE)
    event = Event("RetrainStarted", f"Job {o.run.job_name} trains from {name_pointer(o.run.spec.starting_checkpoint)}")
    return Decision(status, events=(event,), requeue_after=AT_ONCE)


def trainer_has_reported(o: Observed) -> Decision | None:
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
    )


def report_is_invalid(o: Observed) -> Decision | None:
    """End a run whose trainer or judge ended well without a good report: another try would say the same."""
    flaw = next((words for words in map(partial(_complaint, o), o.job.flaws) if words), "")
    if is_trained(o) or not flaw:
        return None
    return stopping(o, finish(o, Outcome.FAILED, Reason.REPORT_INVALID, flaw))


def _complaint(o: Observed, flaw: tuple[str, str]) -> str:
    """Return what is wrong, empty where it is no fault: a command of the user's own needn't report."""
    name, words = flaw
    known = o.run.status.result.training_rows is not None
    silent = words == MISSING and bool(o.run.spec.training.command)
    return "" if name == "train" and (known or silent) else f"the report of container {name} is no good: {words}"


def judge_has_reported(o: Observed) -> Decision | None:
    """Copy the judge's report: from here on the Job is no longer needed."""
    report = o.job.judge_report
    result = _trained(o, report) if report else None
    if is_trained(o) or report is None or result is None:
        return None
    message = f"judged on {report.rows} holdout rows"
    trained = condition(o, ConditionType.TRAINED, "True", Reason.JOB_SUCCEEDED, message)
    facts = {"result": result.model_copy(update=record_judgement(report)), "progress": newest_progress(o)}
    status = record(o, Stage.JUDGING, message, trained, trained_time=o.now, **facts)
    return Decision(status, requeue_after=AT_ONCE)


def _trained(o: Observed, report: JudgeReport) -> RunResult | None:
    """Return what was trained, as the trainer says, or the judge where the trainer's word is lost or wasn't needed."""
    if o.run.status.result.training_rows is not None:
        return o.run.status.result
    if not o.run.spec.training.command and not o.run.status.lost_report_time:
        return None
    return RunResult(checkpoint=f"{checkpoint_uri(o.run)}@{report.candidate.digest}")


def job_has_failed(o: Observed) -> Decision | None:
    """End the run with the trainer's own words."""
    if is_trained(o) or o.job.state is not JobState.FAILED:
        return None
    trained = condition(o, ConditionType.TRAINED, "False", Reason.TRAINING_FAILED, o.job.error)
    return finish(o, Outcome.FAILED, Reason.TRAINING_FAILED, o.job.error or "the Job failed", trained)


def report_is_lost(o: Observed) -> Decision | None:
    """Judge again, once, where the Job succeeded and its pod is gone with its report: nothing unjudged is promoted."""
    if is_trained(o) or o.job.state is not JobState.SUCCEEDED:
        return None
    message = f"Job {o.run.job_name} succeeded, but its pod is gone and its report with it"
    if o.run.status.lost_report_time:
        return finish(o, Outcome.FAILED, Reason.REPORT_LOST, f"{message}, for the second time")
    status = record(o, Stage.JUDGING, f"{message}: judging again", lost_report_time=o.now)
    return Decision(status, events=(Event("ReportLost", message, "Warning"),), requeue_after=AT_ONCE)


def job_is_at_work(o: Observed) -> Decision | None:
    """Wait for the Job."""
    if is_trained(o):
        return None
    if o.job.waiting:
        return waits_for(o, o.job.waiting)
    clock, progress, message = clock_of(o), newest_progress(o), _at_work(o)
    unknown = condition(o, ConditionType.TRAINED, "Unknown", _REASONS[clock.phase])
    status = record(o, _STAGES[o.job.state], message, unknown, progress=progress, clock=clock)
    return Decision(status, requeue_after=next_requeue(o, clock))


def _at_work(o: Observed) -> str:
    """Return in a sentence what the Job is doing or waiting for."""
    stage, queue = _STAGES[o.job.state], o.run.spec.training.queue_name
    if o.job.state is JobState.QUEUED:
        return f"Queued: suspended until LocalQueue {queue} admits it" if queue else "Queued: the Job is suspended"
    if o.job.error:
        return f"last try: {o.job.error}"
    progress = newest_progress(o)
    words = progress.describe() if progress and stage is Stage.TRAINING else ""
    return f"{stage.value}: {words}" if words else stage.value
