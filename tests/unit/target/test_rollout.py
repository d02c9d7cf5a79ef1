"""A rollout is complete when every pod is of the newest template and available, as `kubectl rollout status` has it."""

from typing import Any

import pytest

from refit_operator.target.rules.rollout import Complete, Failed, Halted, Progressing
from refit_operator.target.rules.view import parse_target
from tests.support.monitors import OVER_QUOTA
from tests.support.samples import deployment, merge

STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}


@pytest.mark.parametrize(
    ("spec", "status", "want"),
    [
        ({}, {}, Complete),
        ({}, {"observedGeneration": 2}, Progressing),
        ({}, {"updatedReplicas": 1}, Progressing),
        ({}, {"availableReplicas": 1}, Progressing),
        ({}, {"replicas": 3}, Progressing),
        ({}, {"replicas": None, "updatedReplicas": None, "availableReplicas": None}, Progressing),
        ({}, {"conditions": [STUCK]}, Failed),
        ({}, {"conditions": [STUCK], "observedGeneration": 2}, Progressing),
        ({"paused": True}, {}, Halted),
        ({"replicas": 0}, {"replicas": 0, "updatedReplicas": 0}, Halted),
    ],
)
def test_rollout_of(spec: dict[str, Any], status: dict[str, Any], want: type) -> None:
    assert isinstance(parse_target(merge(deployment(**status), {"spec": spec})).rollout, want)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({"availableReplicas": 1}, "2 of 2 pods updated, 1 available"),
        ({"updatedReplicas": 1, "replicas": 3}, "1 of 2 pods updated, 2 available, 2 of the template before left"),
    ],
)
def test_pods_that_are_not_there_are_not_told(status: dict[str, Any], message: str) -> None:
    assert parse_target(deployment(**status)).rollout == Progressing(message)


def test_a_deployment_that_is_being_deleted_rolls_nothing_out() -> None:
    leaving = parse_target(merge(deployment(), {"metadata": {"deletionTimestamp": "2026-11-24T12:00:00Z"}}))
    assert leaving.rollout == Halted("the Deployment is being deleted")
    assert leaving.obstacle == "the Deployment is being deleted"


def test_pods_that_cannot_be_created_are_an_obstacle_and_no_failed_rollout() -> None:
    over = parse_target(deployment(conditions=[OVER_QUOTA]))
    assert over.obstacle == over.replica_failure == f"FailedCreate: {OVER_QUOTA['message']}"
    assert parse_target(deployment(conditions=[STUCK])).obstacle == parse_target(deployment()).obstacle == ""
