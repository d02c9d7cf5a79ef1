"""How long a Job may take, measured by the operator itself: a Job's own clock counts the time that its pod waits, and
restarts when the Job is resumed. Pure.
"""

from datetime import timedelta

from refit_operator.api.durations import format_duration
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome
from refit_operator.api.run_clock import Phase, RunClock
from refit_operator.run.rules.decision import Decision, Observed, finish, is_trained, stopping

POLL = timedelta(seconds=15)
"""How often a Job is read even where its watch delivers nothing."""


def clock_of(o: Observed) -> RunClock:
    """Return the run's clock as of this reconciliation."""
    recorded, phase = o.run.status.clock, _phase_of(o)
    return recorded.turned(phase, o.now) if recorded else RunClock(phase=phase, since=o.now)


def _phase_of(o: Observed) -> Phase:
    """Return what the Job is doing: suspended to end a stalled pod, it isn't queued, and waits no longer than others.

    A pod whose node is lost may never end. A run without a place has no Job yet, and is queued.
    """
    if o.place:
        return Phase.QUEUED
    is_ending_a_pod = o.run.status.stalled_pod and not o.run.spec.training.queue_name
    return Phase.PENDING if is_ending_a_pod and o.job.phase is Phase.QUEUED else o.job.phase


def deadline_exceeded(o: Observed) -> Decision | None:
    """Stop a Job that runs too long."""
    deadline = o.run.spec.training.deadline
    if is_trained(o) or clock_of(o).running_time(o.now) < deadline:
        return None
    message = f"training and judging ran longer than training.deadline, {format_duration(deadline)}"
    return stopping(o, finish(o, Outcome.FAILED, Reason.DEADLINE_EXCEEDED, message))


def pending_too_long(o: Observed) -> Decision | None:
    """Stop a Job whose pod can't start for too long, and say why it can't."""
    deadline = o.run.spec.training.pending_deadline
    if is_trained(o) or clock_of(o).time_in(Phase.PENDING, o.now) < deadline:
        return None
    what = "nothing is known to run since" if o.job.is_node_lost else "nothing started within"
    why = o.job.waiting.message if o.job.waiting else o.run.status.message
    message = f"{what} training.pendingDeadline, {format_duration(deadline)}: {why}"
    return stopping(o, finish(o, Outcome.FAILED, Reason.PENDING_TOO_LONG, message))


def next_requeue(o: Observed, clock: RunClock) -> timedelta:
    """Return when to reconcile again: soon, and at a deadline at the latest."""
    training = o.run.spec.training
    left = {
        Phase.QUEUED: POLL,
        Phase.PENDING: training.pending_deadline - clock.time_in(Phase.PENDING, o.now),
        Phase.RUNNING: training.deadline - clock.running_time(o.now),
    }
    return min(POLL, left[clock.phase])
