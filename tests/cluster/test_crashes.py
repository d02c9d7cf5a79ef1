"""The operator killed in each stage of a run: one Job, one run, finished as if nothing had happened."""

from typing import Any

import pytest

from tests.support.cluster.kubectl import Space, kubectl
from tests.support.cluster.objects import CLAIMS, monitor, slow_target
from tests.support.cluster.runs import pointer, run_number

SLOW = {"hyperparameters": {"seconds": "6", "judge_seconds": "6"}}
STAGES = ("Queued", "Training", "Judging", "RollingOut", "Watching")


def kill_operator() -> None:
    """End the operator's process at once, without a chance to say goodbye."""
    kubectl("-n", "refit-system", "delete", "pod", "-l", "app=refit-operator", "--force", "--grace-period=0")


@pytest.mark.parametrize("stage", STAGES)
def test_killed_in_a_stage(space: Space, stage: str) -> None:
    space.apply(*CLAIMS, slow_target())
    space.run("rollout", "status", "deploy/reviews", "--timeout=90s")
    watch: dict[str, Any] = {"for": "8s", "settle": "0s"}
    space.apply(monitor(training=SLOW, watch=watch))
    space.wait("mmon/reviews", ".status.attempts", "1")
    name = space.list("rr")[0]["metadata"]["name"]
    space.wait(f"rr/{name}", ".status.stage", stage, limit_s=90)
    kill_operator()
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted"
    assert pointer(space) == run["status"]["pointerChange"]["new"]
    assert [job["metadata"]["name"] for job in space.list("job")] == [name]
    assert [item["metadata"]["name"] for item in space.list("rr")] == [name]
