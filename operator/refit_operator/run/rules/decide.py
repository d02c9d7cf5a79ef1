"""What a run does next: the first check that has an answer wins. The tuple is the specification. Pure.

A check that objects is named for its Reason in snake case; one that moves the run on is named for what it does.
"""

from collections.abc import Callable

from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome
from refit_operator.run.rules.checks.deadlines import deadline_exceeded, pending_too_long
from refit_operator.run.rules.checks.overrides import (
    aborted,
    approval_refused,
    await_approval,
    promotion_revoked,
    rollback_requested,
)
from refit_operator.run.rules.checks.place import no_place
from refit_operator.run.rules.checks.promotion import (
    await_rollback,
    await_rollout,
    complete_requested_rollback,
    evaluate_gate,
    overruled,
    record_change,
    record_lost_promotion,
    target_missing,
    target_not_wired,
    target_replaced,
    write_pointer,
)
from refit_operator.run.rules.checks.service import create_service, service_conflict
from refit_operator.run.rules.checks.shadow import (
    await_answers,
    await_shadow,
    create_shadow,
    record_shadow,
    shadow_not_started,
)
from refit_operator.run.rules.checks.shadow_removal import remove_shadow, without_shadow
from refit_operator.run.rules.checks.shadow_verdict import (
    pass_shadow,
    shadow_crashed,
    shadow_disagrees,
    shadow_less_accurate,
    shadow_not_measured,
    shadow_slower,
)
from refit_operator.run.rules.checks.stall import end_stalled_pod, no_progress
from refit_operator.run.rules.checks.training import (
    await_job,
    create_job,
    end_job,
    job_conflict,
    job_deleted,
    record_job,
    record_judgement,
    record_training,
    report_invalid,
    report_lost,
    superseded,
    training_failed,
)
from refit_operator.run.rules.checks.unchanged import record_unchanged, unchanged
from refit_operator.run.rules.checks.verification import (
    await_readings,
    complete_verification,
    confirm_early,
    regressed,
)
from refit_operator.run.rules.decision import Decision, Observed, finish, is_trained
from refit_operator.run.rules.views.job import JobState


def finished(o: Observed) -> Decision | None:
    """Leave a finished run alone."""
    return Decision(o.run.status) if o.run.is_finished else None


def record_lost(o: Observed) -> Decision | None:
    """End a run that only seems to be under way.

    No run starts before the one before it has ended, and the monitor remembers the last end: the record was lost.
    """
    if not o.is_newest:
        message = "a newer run exists; the record of how this one ended was lost"
        return finish(o, Outcome.SUPERSEDED, Reason.RECORD_LOST, message)
    never_started = not is_trained(o) and o.job.state is JobState.MISSING and o.run.status.job_ref != o.run.job_name
    if not o.ended_before or not never_started:
        return None
    return finish(o, Outcome.FAILED, Reason.RECORD_LOST, "the run had ended; the record of how was lost")


Check = Callable[[Observed], Decision | None]

CHECKS: tuple[Check, ...] = (
    finished,
    record_lost,
    end_job,
    aborted,
    rollback_requested,
    superseded,
    no_place,
    pending_too_long,
    service_conflict,
    create_service,
    job_deleted,
    create_job,
    job_conflict,
    record_job,
    record_training,
    record_unchanged,
    unchanged,
    report_invalid,
    record_judgement,
    training_failed,
    report_lost,
    deadline_exceeded,
    end_stalled_pod,
    no_progress,
    await_job,
    evaluate_gate,
    target_missing,
    target_replaced,
    record_lost_promotion,
    target_not_wired,
    overruled,
    approval_refused,
    record_shadow,
    shadow_not_started,
    shadow_crashed,
    shadow_not_measured,
    shadow_disagrees,
    shadow_less_accurate,
    shadow_slower,
    pass_shadow,
    create_shadow,
    await_shadow,
    await_answers,
    remove_shadow,
    await_approval,
    record_change,
    promotion_revoked,
    write_pointer,
    await_rollback,
    await_rollout,
    complete_requested_rollback,
    regressed,
    confirm_early,
    complete_verification,
    await_readings,
)


def decide(o: Observed) -> Decision:
    """Return the first check's answer; the last check always has one. What ends the run removes its shadow."""
    return without_shadow(o, next(decision for check in CHECKS if (decision := check(o))))
