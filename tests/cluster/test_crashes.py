"""The operator killed in each stage of a run: one Job, one run, finished as if nothing had happened."""

from typing import Any

import pytest

from tests.support.cluster.apart import Apart
from tests.support.cluster.objects import slow_target
from tests.support.cluster.runs import active_run, pointer, run_number, start

SLOW: dict[str, dict[str, Any]] = {
    "Queued": {},
    "Training": {"training": {"hyperparameters": {"seconds": "6"}}},
    "Judging": {"training": {"hyperparameters": {"judge_seconds": "6"}}},
    "RollingOut": {"server": slow_target()},
    "Verifying": {"verification": {"for": "8s"}},
}
"""What makes each stage last long enough to be seen."""


@pytest.mark.parametrize("stage", SLOW)
def test_killed_in_a_stage(apart: Apart, stage: str) -> None:
    """It ends at once, without a chance to say goodbye, and the next one starts."""
    space = apart.space
    with apart.operator():
        start(space, **SLOW[stage])
        name = active_run(space, stage)
    with apart.operator():
        run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted"
    assert pointer(space) == run["status"]["pointerChange"]["new"]
    assert [job["metadata"]["name"] for job in space.list("job")] == [name]
    assert [item["metadata"]["name"] for item in space.list("rr")] == [name]
