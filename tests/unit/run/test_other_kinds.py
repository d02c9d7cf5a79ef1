"""What a run does with a target whose rollout pauses, is aborted, or takes its own time for each step."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.run import Stage
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import Decision
from tests.support.runs import NEW, WRITTEN, seen
from tests.support.samples import NOW
from tests.support.targets import argo_rollout, progressing, view

UPDATING: dict[str, Any] = {"phase": "Progressing", "currentPodHash": "def", "currentStepIndex": 0}
PAUSED = UPDATING | {"phase": "Paused", "pauseConditions": [{"reason": "CanaryPauseStep"}]}
ABORTED = UPDATING | {"phase": "Degraded", "abort": True, "message": "RolloutAborted: Rollout aborted update"}
LATE = {"phase": "Degraded", "message": "ProgressDeadlineExceeded: it has timed out progressing."}


def decided(status: dict[str, Any], now: timedelta = timedelta(0), **more: Any) -> Decision:
    return decide(seen(WRITTEN, target=view(argo_rollout(NEW, **status), "Rollout"), now=NOW + now, **more))


def reason_of(decision: Decision) -> str:
    promoted = find(decision.status.conditions, ConditionType.PROMOTED)
    return promoted.reason if promoted else ""


def test_a_pause_of_its_steps_outlasts_every_deadline() -> None:
    waiting = decided(PAUSED, timedelta(days=3))
    assert (waiting.status.stage, reason_of(waiting)) == (Stage.ROLLING_OUT, "Test")
    assert "CanaryPauseStep" in (waiting.status.message or "")


@pytest.mark.parametrize(
    ("minutes_ago", "want"), [(9, Stage.ROLLING_OUT), (11, Stage.ROLLING_BACK)], ids=["a step lately", "none lately"]
)
def test_the_deadline_counts_from_the_last_step(minutes_ago: int, want: Stage) -> None:
    """The pointer was recorded hours ago; serving.rolloutDeadline is ten minutes."""
    now = NOW + timedelta(hours=5)
    stepped = (now - timedelta(minutes=minutes_ago)).isoformat()
    status = UPDATING | {"conditions": [progressing("ReplicaSetUpdated", "progressing", time=stepped)]}
    assert decided(status, timedelta(hours=5)).status.stage is want


@pytest.mark.parametrize("ran", [True, False])
def test_an_abort_condemns_the_weights_whatever_its_pods_did(ran: bool) -> None:
    ended = decided(ABORTED, candidate_ran=ran)
    assert (ended.status.stage, reason_of(ended)) == (Stage.ROLLING_BACK, "RolloutFailed")


@pytest.mark.parametrize(("ran", "want"), [(True, "RolloutFailed"), (False, "RolloutBlocked")])
def test_a_missed_deadline_condemns_only_what_ran(ran: bool, want: str) -> None:
    assert reason_of(decided(UPDATING | LATE, candidate_ran=ran)) == want


def test_once_it_is_healthy_and_stable_it_is_promoted() -> None:
    assert reason_of(decided({})) == "RolledOut"
