"""An Argo Rollout as a target: the statuses that its controller writes, and what they mean for a promotion."""

from typing import Any

import pytest

from refit_operator.target.rules.kinds.argo_rollout import BY_REFERENCE, UNSEEN
from refit_operator.target.rules.rollout import Complete, Failed, Halted, Progressing, Waiting
from tests.support.samples import NEW_DIGEST, merge
from tests.support.targets import argo_rollout, progressing, view

NEW = f"file:///models/b@{NEW_DIGEST}"
UPDATING: dict[str, Any] = {
    "phase": "Progressing",
    "currentPodHash": "def",
    "currentStepIndex": 0,
    "updatedReplicas": 1,
}
PAUSED = UPDATING | {
    "phase": "Paused",
    "message": "CanaryPauseStep",
    "currentStepIndex": 1,
    "controllerPause": True,
    "pauseConditions": [{"reason": "CanaryPauseStep", "startTime": "2026-11-24T11:00:00Z"}],
}
BY_ANALYSIS = "RolloutAborted: Rollout aborted update to revision 2: Metric errors assessed Failed"
BY_HAND = "RolloutAborted: Rollout aborted update to revision 2"
LATE = 'ReplicaSet "reviews-def" has timed out progressing.'
BY_DEADLINE = f"RolloutAborted: Rollout aborted update to revision 2: {LATE}"
TIMED_OUT = [progressing("ProgressDeadlineExceeded", LATE, "False")]


def degraded(message: str, abort: bool = True) -> dict[str, Any]:
    return UPDATING | {"phase": "Degraded", "message": message} | ({"abort": True} if abort else {})


STATES: dict[str, tuple[dict[str, Any], Any]] = {
    "healthy and stable": ({}, Complete()),
    "a spec that isn't seen yet": ({"observedGeneration": "2"}, Progressing(UNSEEN)),
    "no status yet": ({"observedGeneration": None}, Progressing(UNSEEN)),
    "on its way": (
        UPDATING | {"message": "more replicas need to be updated"},
        Progressing("more replicas need to be updated in step 1 of 3: 1 of 2 pods updated, 2 available"),
    ),
    "healthy, and the stable template isn't the newest": (
        {"currentPodHash": "def"},
        Progressing("2 of 2 pods updated, 2 available"),
    ),
    "paused by a step": (
        PAUSED,
        Waiting("paused in step 2 of 3 (CanaryPauseStep), until its time is over or it is promoted"),
    ),
    "promoted, and that isn't seen yet": (
        PAUSED | {"pauseConditions": None, "message": ""},
        Progressing("1 of 2 pods updated, 2 available in step 2 of 3"),
    ),
    "aborted by an analysis": (degraded(BY_ANALYSIS), Failed(BY_ANALYSIS, is_verdict=True)),
    "aborted by hand": (degraded(BY_HAND), Failed(BY_HAND, is_verdict=True)),
    "aborted by its own deadline": (degraded(BY_DEADLINE), Failed(BY_DEADLINE)),
    "over its deadline": (
        degraded(f"ProgressDeadlineExceeded: {LATE}", abort=False),
        Failed(f"ProgressDeadlineExceeded: {LATE}"),
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_what_its_status_means(name: str) -> None:
    status, want = STATES[name]
    assert view(argo_rollout(NEW, **status), "Rollout").rollout == want


@pytest.mark.parametrize(
    ("spec", "words"),
    [({"paused": True}, "the Rollout is paused (spec.paused)"), ({"replicas": 0}, "the Rollout is at zero replicas")],
)
def test_what_halts_it(spec: dict[str, Any], words: str) -> None:
    target = view(argo_rollout(NEW, spec), "Rollout")
    assert (target.rollout, target.obstacle) == (Halted(words), words)


def test_an_invalid_spec_and_a_quota_are_obstacles() -> None:
    invalid = {"type": "InvalidSpec", "status": "True", "reason": "InvalidSpec", "message": "no such service"}
    quota = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    assert view(argo_rollout(conditions=[invalid]), "Rollout").obstacle == "InvalidSpec: no such service"
    assert view(argo_rollout(conditions=[quota]), "Rollout").obstacle == "FailedCreate: exceeded quota"
    assert view(argo_rollout(), "Rollout").obstacle == ""


def test_a_pause_of_its_steps_and_an_abort_are_no_obstacles() -> None:
    """What the operator writes starts another update, and Argo Rollouts begins that one with its first step."""
    for status in (PAUSED, degraded(BY_HAND)):
        assert view(argo_rollout(**status), "Rollout").obstacle == ""


@pytest.mark.parametrize(
    ("status", "want"),
    [
        (UPDATING | {"conditions": TIMED_OUT}, LATE),
        ({"conditions": TIMED_OUT}, ""),
        (UPDATING | {"conditions": TIMED_OUT, "observedGeneration": "2"}, ""),
        (UPDATING, ""),
    ],
    ids=["halfway", "its pods of the stable template fail", "not seen yet", "under way"],
)
def test_an_update_over_its_deadline_is_stuck(status: dict[str, Any], want: str) -> None:
    assert view(argo_rollout(**status), "Rollout").stuck == want


@pytest.mark.parametrize(
    ("strategy", "want"),
    [
        ({"canary": {"maxUnavailable": 0}}, True),
        ({"canary": {"maxUnavailable": 1}}, False),
        ({"canary": {"maxUnavailable": 1, "trafficRouting": {"nginx": {}}}}, True),
        ({"blueGreen": {"activeService": "reviews"}}, True),
    ],
)
def test_whether_it_needs_one_more_pod(strategy: dict[str, Any], want: bool) -> None:
    made = argo_rollout()
    made["spec"]["strategy"] = strategy
    assert view(made, "Rollout").needs_room is want


def test_a_template_of_another_object_is_not_wired() -> None:
    made = argo_rollout(spec={"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "reviews"}})
    del made["spec"]["template"]
    target = view(made, "Rollout")
    assert (target.reads_pointer, target.pointer) == (False, "")
    assert target.objection_to("pvc://models/checkpoints/reviews") == BY_REFERENCE


def test_one_that_is_being_deleted_is_halted() -> None:
    leaving = merge(argo_rollout(), {"metadata": {"deletionTimestamp": "2026-11-24T12:00:00Z"}})
    assert view(leaving, "Rollout").rollout == Halted("the Rollout is being deleted")
