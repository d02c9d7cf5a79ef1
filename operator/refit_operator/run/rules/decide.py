"""One look at a run: the first check that has an answer wins. The tuple is the specification. Pure."""

from collections.abc import Callable

from refit_operator.api.conditions import Reason
from refit_operator.api.run import Outcome
from refit_operator.run.rules.checks.deadlines import deadline_has_passed, pending_too_long
from refit_operator.run.rules.checks.overrides import (
    a_person_ends_it,
    a_person_refuses,
    a_person_takes_it_back,
    approval_is_awaited,
)
from refit_operator.run.rules.checks.promotion import (
    change_is_recorded,
    gate_decides,
    pointer_is_overruled,
    pointer_is_unwritten,
    pointer_was_there_before,
    rollback_is_done,
    rollback_is_under_way,
    rollout_is_under_way,
    target_has_changed,
    target_is_gone,
)
from refit_operator.run.rules.checks.service import service_is_a_strangers, service_is_missing
from refit_operator.run.rules.checks.stall import pod_has_stalled, stalled_pod_is_ended
from refit_operator.run.rules.checks.training import (
    job_has_failed,
    job_is_a_strangers,
    job_is_at_work,
    job_is_missing,
    job_is_new,
    judge_has_reported,
    report_is_invalid,
    report_is_lost,
    superseded,
    trainer_has_reported,
)
from refit_operator.run.rules.checks.verification import keep_watching, promotion_disappoints, watch_is_over
from refit_operator.run.rules.decision import Decision, Observed, finish


def is_finished(o: Observed) -> Decision | None:
    """Leave a finished run alone."""
    return Decision(o.run.status) if o.run.is_finished else None


def a_newer_run_exists(o: Observed) -> Decision | None:
    """End a run that only seems to be under way: no other is started before it has ended, so its record was lost."""
    if o.is_newest:
        return None
    message = "a newer run exists; the record of how this one ended was lost"
    return finish(o, Outcome.SUPERSEDED, Reason.SUPERSEDED, message)


Check = Callable[[Observed], Decision | None]

CHECKS: tuple[Check, ...] = (
    is_finished,
    a_newer_run_exists,
    a_person_ends_it,
    superseded,
    pending_too_long,
    service_is_a_strangers,
    service_is_missing,
    job_is_missing,
    job_is_a_strangers,
    job_is_new,
    trainer_has_reported,
    report_is_invalid,
    judge_has_reported,
    job_has_failed,
    report_is_lost,
    deadline_has_passed,
    stalled_pod_is_ended,
    pod_has_stalled,
    job_is_at_work,
    gate_decides,
    target_is_gone,
    pointer_was_there_before,
    target_has_changed,
    a_person_refuses,
    approval_is_awaited,
    change_is_recorded,
    pointer_is_overruled,
    a_person_takes_it_back,
    pointer_is_unwritten,
    rollback_is_under_way,
    rollout_is_under_way,
    rollback_is_done,
    promotion_disappoints,
    watch_is_over,
    keep_watching,
)


def decide(o: Observed) -> Decision:
    """Return the first check's answer; the last check always has one."""
    return next(decision for check in CHECKS if (decision := check(o)))
