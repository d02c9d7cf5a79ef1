"""How long a Job may take, measured by the operator itself: a Job's own clock counts the time that its pod waits, and
restarts when the Job is resumed. Pure.
"""

from datetime import timedelta

from refit_operator.api.conditions import Reason
from refit_operator.api.durations import format_duration
from refit_operator.api.run import Outcome
from refit_operator.api.run_clock import Phase, RunClock
from refit_operator.run.rules.decision import Decision, Observed, finish, is_trained, stopping

POLL = timedelta(seconds=15)
"""How often a Job is read even where its watch delivers nothing."""


def clock_of(o: Observed) -> RunClock:
    """Return the run's clock as of this reconciliation."""
    recorded = o.run.status.clock
    return recorded.turned(o.job.phase, o.now) if recorded else RunClock(phase=o.job.phase, since=o.now)


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
    why = o.job.waiting.message if o.job.waiting else o.run.status.message
    message = f"nothing started within training.pendingDeadline, {format_duration(deadline)}: {why}"
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
