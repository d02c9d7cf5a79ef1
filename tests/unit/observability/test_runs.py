"""What is shown of a monitor's runs follows from the runs alone, so that a restart changes nothing of it."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.observability.runs import NO_RUNS, runs_shown, stages_of
from tests.support.monitors import finished
from tests.support.samples import NOW, make_run

STAMP = NOW.timestamp()


def ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


def outcomes(*outcomes: str) -> Any:
    """Return runs that ended so, ten minutes apart, the newest ten minutes ago."""
    return tuple(
        finished(10 * (len(outcomes) - n), outcome, n + 1, status={"stage": "Finished"})
        for n, outcome in enumerate(outcomes)
    )


def under_way(stage: str, reason: str = "Unschedulable") -> Any:
    trained = {"type": "Trained", "status": "Unknown", "reason": reason, "lastTransitionTime": ago(5)}
    return make_run(9, status={"stage": stage, "conditions": [trained]})


def change(minutes_ago: float, rolled_back: float | None = None) -> dict[str, Any]:
    made = {"targetUid": "target-uid", "old": "", "new": "file:///b@sha256:" + "1" * 64, "time": ago(minutes_ago)}
    return made | ({"rollbackTime": ago(rolled_back)} if rolled_back is not None else {})


def test_outcomes_are_counted_and_the_newest_end_of_each_is_known() -> None:
    shown = runs_shown(outcomes("Failed", "Promoted", "Failed"))
    assert dict(shown.kept) == {"Failed": 2, "Promoted": 1}
    assert dict(shown.ended) == {"Failed": STAMP - 600, "Promoted": STAMP - 1200}
    assert shown.active is None


@pytest.mark.parametrize(
    ("ended", "in_a_row"),
    [
        (("Failed",), ("Failed", 1)),
        (("Promoted", "Failed", "Failed"), ("Failed", 2)),
        (("Failed", "Failed", "Promoted"), ("Promoted", 1)),
        (("Failed", "Superseded", "Failed"), ("Failed", 2)),
        (("Rejected", "Rejected", "Aborted"), ("Rejected", 2)),
        (("Restored",), None),
    ],
)
def test_runs_in_a_row_are_those_that_say_something(ended: tuple[str, ...], in_a_row: Any) -> None:
    assert runs_shown(outcomes(*ended)).in_a_row == in_a_row


@pytest.mark.parametrize(
    ("run", "active"),
    [
        (make_run(1), ("Queued", "")),
        (under_way("Queued"), ("Queued", "Unschedulable")),
        (under_way("Training", "Running"), ("Training", "Running")),
        (under_way("Verifying", "JobSucceeded"), ("Verifying", "")),
    ],
)
def test_a_run_under_way_says_its_stage_and_what_it_waits_for(run: Any, active: tuple[str, str]) -> None:
    assert runs_shown((*outcomes("Failed"), run)).active == active


def test_promotion_and_rollback_are_the_newest_of_all_runs() -> None:
    first = make_run(1, status={"rolledOutTime": ago(90), "pointerChange": change(95, rolled_back=80)})
    second = make_run(2, status={"rolledOutTime": ago(30), "pointerChange": change(35)})
    requested = make_run(3, status={"rolledOutTime": ago(5)}, restorePointer="")
    shown = runs_shown((first, second, requested))
    assert (shown.promoted, shown.rolled_back) == (STAMP - 30 * 60, STAMP - 80 * 60)


@pytest.mark.parametrize(("status", "confirmed"), [("True", True), ("Unknown", False)])
def test_the_newest_promotion_is_confirmed_or_not(status: str, confirmed: bool) -> None:
    found = {"type": "Confirmed", "status": status, "reason": "Test", "lastTransitionTime": ago(5)}
    ended = {"stage": "Finished", "conditions": [found]}
    runs = (finished(20, "Promoted", 1, status=ended), finished(10, "Rejected", 2))
    assert runs_shown(runs).confirmed is confirmed


def test_a_promotion_that_was_undone_by_request_is_nobodys_to_confirm_until_the_next() -> None:
    found = {"type": "Confirmed", "status": "Unknown", "reason": "Test", "lastTransitionTime": ago(5)}
    promoted = finished(20, "Promoted", 1, status={"stage": "Finished", "conditions": [found]})
    undone = (promoted, finished(10, "Restored", 2, status={"stage": "Finished"}))
    assert runs_shown(undone).confirmed is None
    again = finished(5, "Promoted", 3, status={"stage": "Finished", "conditions": [found]})
    assert runs_shown((*undone, again)).confirmed is False


def test_nothing_is_shown_of_no_runs() -> None:
    assert runs_shown(()) == NO_RUNS


def condition(kind: str, status: str, minutes_ago: float) -> dict[str, str]:
    return {"type": kind, "status": status, "reason": "Test", "lastTransitionTime": ago(minutes_ago)}


def ended_without_promotion(*conditions: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"pointerChange": None, "rolledOutTime": None, "outcome": "Rejected", "conditions": list(conditions)} | more


SHADOW: dict[str, Any] = {"verification": {"shadow": {"minAgreement": 0.9}}}
SHADOWED = {"shadow": {"startTime": ago(47)}}
PROMOTED = {
    "startTime": ago(58),
    "trainedTime": ago(48),
    "pointerChange": change(28),
    "rolledOutTime": ago(25),
    "completionTime": NOW.isoformat(),
    "outcome": "Promoted",
}


@pytest.mark.parametrize(
    ("change", "spec", "minutes"),
    [
        ({}, {}, {"Queued": 2, "Training": 10, "RollingOut": 3, "Verifying": 25}),
        (
            {},
            {"mode": "Approve"},
            {"Queued": 2, "Training": 10, "AwaitingApproval": 20, "RollingOut": 3, "Verifying": 25},
        ),
        (
            {"pointerChange": change(28, rolled_back=4)},
            {},
            {"Queued": 2, "Training": 10, "RollingOut": 3, "Verifying": 21, "RollingBack": 4},
        ),
        (
            {"trainedTime": None, "pointerChange": None, "rolledOutTime": None},
            {},
            {"Queued": 2, "Training": 58},
        ),
        ({"startTime": ago(61)}, {}, {"Queued": 0, "Training": 13, "RollingOut": 3, "Verifying": 25}),
        (
            SHADOWED | {"conditions": [condition("Accepted", "True", 48), condition("Shadowed", "True", 31)]},
            SHADOW,
            {"Queued": 2, "Training": 10, "Shadowing": 16, "RollingOut": 3, "Verifying": 25},
        ),
        (
            SHADOWED | {"conditions": [condition("Accepted", "True", 48), condition("Shadowed", "True", 31)]},
            SHADOW | {"mode": "Approve"},
            {"Queued": 2, "Training": 10, "Shadowing": 16, "AwaitingApproval": 3, "RollingOut": 3, "Verifying": 25},
        ),
        (
            ended_without_promotion(condition("Accepted", "True", 48), condition("Shadowed", "False", 0), **SHADOWED),
            SHADOW | {"mode": "Approve"},
            {"Queued": 2, "Training": 10, "Shadowing": 47},
        ),
        (
            ended_without_promotion(condition("Accepted", "False", 0)),
            {"mode": "Approve"},
            {"Queued": 2, "Training": 10},
        ),
        (
            ended_without_promotion(condition("Accepted", "True", 48)),
            {"mode": "Approve"},
            {"Queued": 2, "Training": 10, "AwaitingApproval": 48},
        ),
    ],
    ids=[
        "promoted",
        "approved",
        "rolled back",
        "failed in training",
        "a clock that was behind",
        "shadowed",
        "shadowed and approved",
        "shadow disagreed",
        "gate refused",
        "approval refused",
    ],
)
def test_stages_last_from_one_recorded_time_to_the_next(
    change: dict[str, Any], spec: dict[str, Any], minutes: dict[str, float]
) -> None:
    run = make_run(1, status=PROMOTED | change, created=NOW - timedelta(minutes=60), **spec)
    assert {stage.value: (end - begin).total_seconds() / 60 for stage, begin, end in stages_of(run)} == minutes
