"""Pods that had reported their progress and report nothing more: ended, and retried, a few times. Pure.

A pod is ended by suspending its Job and resuming it: deleting it would count against the Job's
backoffLimit. What it had reported was read by then. With a queue, whoever admits Jobs resumes it, and waits for no pod
to be gone: Kueue does so at once where the Job was admitted before.
"""

from datetime import timedelta

from refit_operator.api.durations import format_duration
from refit_operator.api.events import Event
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, Stage
from refit_operator.run.rules.checks.deadlines import POLL, clock_of
from refit_operator.run.rules.decision import (
    AT_ONCE,
    Decision,
    Observed,
    SuspendJob,
    finish,
    is_trained,
    newest_progress,
    record,
    stopping,
)
from refit_operator.run.rules.views.job import JobState


def silence_of(o: Observed) -> timedelta:
    """Return how long the pod that trains has reported nothing, though a report would have been received.

    Zero where it never reported, since images that report nothing are never stalled, or has reported the end of its
    training: what follows, such as saving the model, isn't reported. Nor is one stalled that is being deleted, or whose
    node isn't ready, where nothing would end it, or that reports to another operator, which made its Job.
    """
    last = newest_progress(o)
    if o.listening_since is None or last is None or not _reports_here(o):
        return timedelta(0)
    if o.job.state is not JobState.TRAINING or o.job.is_node_lost:
        return timedelta(0)
    is_under_way = last.pod == o.job.pod and not o.job.pod_is_ending and last.percentage != 100
    return o.now - max(last.time, o.listening_since) if is_under_way else timedelta(0)


def _reports_here(o: Observed) -> bool:
    return o.reporting is not None and o.job.reports_to == o.reporting.url


def end_stalled_pod(o: Observed) -> Decision | None:
    """Suspend the Job, wait until the pod is gone, resume it. Each step follows from what is seen."""
    pod, queue = o.run.status.stalled_pod, o.run.spec.training.queue_name
    if is_trained(o) or pod is None:
        return None
    suspended = o.job.state is JobState.QUEUED
    is_there = o.job.pod == pod and not (queue and o.job.pod_is_ending)
    if not is_there and (queue or not suspended):
        return Decision(record(o, Stage.QUEUED, "a stalled pod was ended", stalled_pod=None), requeue_after=AT_ONCE)
    status = record(o, Stage.QUEUED, f"ending pod {pod}, which has stalled", clock=clock_of(o))
    if is_there and suspended:
        return Decision(status, requeue_after=POLL)
    return Decision(
        status, actions=(SuspendJob(o.run.job_name, o.job.resource_version, not suspended),), requeue_after=AT_ONCE
    )


def no_progress(o: Observed) -> Decision | None:
    """Decide to end a pod that has reported nothing for too long; the last time, end the run."""
    timeout, silence = o.run.spec.training.stall_timeout, silence_of(o)
    if is_trained(o) or not timeout or silence < timeout:
        return None
    progress = newest_progress(o)
    last = progress.describe() if progress else ""
    silent = f"pod {o.job.pod} has reported nothing for {format_duration(silence)}"
    message = f"{silent}; its last report: {last or 'no percentage'}"
    if o.run.status.stalls >= o.run.spec.training.backoff_limit:
        return stopping(o, finish(o, Outcome.FAILED, Reason.NO_PROGRESS, message))
    facts = {"stalls": o.run.status.stalls + 1, "stalled_pod": o.job.pod}
    event = Event("PodStalled", message, "Warning")
    return Decision(record(o, Stage.TRAINING, message, **facts), events=(event,), requeue_after=AT_ONCE)
