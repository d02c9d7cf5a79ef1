"""A rollout is complete when every pod is of the newest template and available, as `kubectl rollout status` has it."""

from typing import Any

import pytest

from refit_operator.target.rules.rollout import Complete, Failed, Halted, Progressing, rollout_of
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
    assert isinstance(rollout_of(merge(deployment(**status), {"spec": spec})), want)
