"""Names of checks: one that objects has its Reason's name, so that one search finds reason, check and test."""

import pytest

from refit_operator.monitor.rules import decide as monitor
from refit_operator.monitor.rules import readiness, serving
from refit_operator.run.rules import decide as run
from refit_operator.run.rules import gate
from tests.support.checks import Checks, reason_of

TUPLES: dict[str, Checks] = {
    "a monitor's": monitor.CHECKS,
    "a rollback's": monitor.ROLLBACK_CHECKS,
    "a monitor's readiness": readiness.READINESS,
    "what a monitor serves": serving.CHECKS,
    "a run's": run.CHECKS,
    "the gate's": gate.CHECKS,
}
STEPS = {
    "await_answers",
    "await_approval",
    "await_job",
    "await_readings",
    "await_rollback",
    "await_rollout",
    "await_shadow",
    "complete_requested_rollback",
    "complete_verification",
    "confirm_early",
    "create_job",
    "create_service",
    "create_shadow",
    "end_job",
    "end_stalled_pod",
    "evaluate_gate",
    "finished",
    "pass_shadow",
    "promotion_revoked",
    "record_change",
    "record_job",
    "record_judgement",
    "record_lost_promotion",
    "record_shadow",
    "record_training",
    "record_unchanged",
    "remove_shadow",
    "write_pointer",
}
"""What moves a run on, and objects to nothing."""


@pytest.mark.parametrize("name", TUPLES)
def test_a_check_has_a_reasons_name_or_is_a_step_of_a_run(name: str) -> None:
    names = {check.__name__ for check in TUPLES[name]}
    assert {check for check in names if reason_of(check) is None} == names & STEPS


@pytest.mark.parametrize("name", TUPLES)
def test_a_reason_has_one_check_of_a_tuple(name: str) -> None:
    names = [check.__name__ for check in TUPLES[name]]
    assert len(names) == len(set(names))


def test_the_steps_are_all_there() -> None:
    assert {check.__name__ for check in run.CHECKS} >= STEPS


@pytest.mark.parametrize("name", TUPLES)
def test_a_check_says_what_it_does(name: str) -> None:
    assert [check.__name__ for check in TUPLES[name] if not check.__doc__] == []
