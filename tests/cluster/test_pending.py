"""Why a pod doesn't start, as the real scheduler, kubelet and quota say it, and what becomes of the run."""

from typing import Any

import pytest

from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import idle_target, target
from tests.support.cluster.runs import active_run, finished, run_number, start

NO_IMAGE = "localhost/refit-no-such-image:none"
WAITS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no node is big enough": (
        {"resources": {"requests": {"cpu": "1000"}}},
        "Unschedulable",
        "no node fits the pod: 0/1 nodes are available: 1 Insufficient cpu",
    ),
    "no node has a GPU of that kind": (
        {"resources": {"limits": {"example.com/gpu": 1}}},
        "Unschedulable",
        "Insufficient example.com/gpu",
    ),
    "an image that isn't there": (
        {"image": NO_IMAGE},
        "ImageNotPulled",
        f"the image {NO_IMAGE} of container train can't be pulled: ",
    ),
    "a Secret that isn't there": (
        {"trainEnvFrom": [{"secretRef": {"name": "lake"}}]},
        "ContainerNotStarted",
        'container train can\'t start: CreateContainerConfigError: secret "lake" not found',
    ),
}


@pytest.mark.parametrize("name", WAITS)
def test_it_is_said_what_a_pod_waits_for(space: Space, name: str) -> None:
    training, reason, words = WAITS[name]
    start(space, idle_target(), training=training)
    active = active_run(space, "Queued")
    assert words in space.wait_condition(f"rr/{active}", "Trained", reason)


def test_a_wait_that_is_too_long_ends_the_run_with_the_same_words(space: Space) -> None:
    training, _, words = WAITS["no node is big enough"]
    start(space, idle_target(), training={**training, "pendingDeadline": "10s"})
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "PendingTooLong")
    assert run["status"]["message"].startswith(f"nothing started within training.pendingDeadline, 10s: {words}")
    space.run("wait", "--for=delete", f"job/{run['metadata']['name']}", "--timeout=60s")


def quota(pods: int) -> Document:
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"pods": pods}}}


def test_a_quota_is_waited_for(space: Space) -> None:
    """Of a target that may miss its one pod: else the run would wait for the quota before it starts."""
    space.apply(quota(1))
    start(space, target(spec={"strategy": {"rollingUpdate": {"maxUnavailable": 1}}}))
    name = active_run(space, "Queued")
    message = space.wait_condition(f"rr/{name}", "Trained", "QuotaExceeded")
    assert "the pod can't be created: " in message
    assert "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1" in message
    space.apply(quota(9))
    space.wait_condition(f"rr/{name}", "Trained", "JobSucceeded")


def test_a_quota_on_jobs_is_waited_for(space: Space) -> None:
    forbidden = {"hard": {"count/jobs.batch": 0}}
    space.apply({**quota(9), "spec": forbidden})
    start(space, idle_target())
    name = active_run(space, "Queued")
    message = space.wait_condition(f"rr/{name}", "Trained", "QuotaExceeded")
    assert message.startswith("the Job can't be created: ")
    space.run("delete", "resourcequota", "q")
    space.wait_condition(f"rr/{name}", "Trained", "JobSucceeded")
