"""A target that can roll nothing out costs no training, and what the cluster kept from serving may be tried again."""

from typing import Any

from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import CLAIMS, monitor, target
from tests.support.cluster.runs import active_run, finished, pointer, run_number, set_cooldown, start

SAME = {"weights": "the same in each run"}


def quota(pods: int) -> Document:
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": pods}}}


def reason_of(run: Document, kind: str) -> str:
    return str(next(c["reason"] for c in run["status"]["conditions"] if c["type"] == kind))


def test_at_zero_replicas_nothing_is_trained_until_it_is_scaled_up(space: Space) -> None:
    space.apply(*CLAIMS, target(spec={"replicas": 0}), monitor(training={"hyperparameters": SAME}))
    message = space.wait_condition("mmon/reviews", "RetrainAllowed", "TargetHalted")
    assert message == "Deployment 'reviews' could roll nothing out: the Deployment is at zero replicas"
    space.wait("mmon/reviews", ".status.state", "Halted")
    assert (space.list("rr"), space.list("job")) == ([], [])
    space.run("scale", "deploy/reviews", "--replicas=1")
    assert finished(run_number(space, 1)) == ("Promoted", "Promoted")


def test_weights_that_a_quota_kept_from_serving_are_promoted_once_it_allows_them(space: Space) -> None:
    """An autoscaler raises the replicas under a quota while the candidate is trained: no pod is made for either."""
    options: dict[str, Any] = {"hyperparameters": SAME | {"seconds": "4"}}
    start(space, training=options, serving={"rolloutDeadline": "8s"})
    active_run(space, "Training")
    space.apply(quota(1))
    space.run("scale", "deploy/reviews", "--replicas=3")
    run = run_number(space, 1)
    assert (run["status"]["outcome"], reason_of(run, "Promoted"), pointer(space)) == (
        "RolledBack",
        "RolloutBlocked",
        "",
    )
    assert "0 of 3 pods updated" in run["status"]["message"]
    assert "exceeded quota: few, requested: pods=1" in run["status"]["message"]
    set_cooldown(space, "0s")
    assert "exceeded quota: few" in space.wait_condition("mmon/reviews", "RetrainAllowed", "TargetHalted")
    space.run("patch", "mmon", "reviews", "--type=merge", "-p", '{"spec": {"serving": {"rolloutDeadline": "3m"}}}')
    space.apply(quota(9))
    again = run_number(space, 2)
    set_cooldown(space, "1h")
    assert again["status"]["result"]["candidate"]["digest"] == run["status"]["result"]["candidate"]["digest"]
    assert finished(again) == ("Promoted", "Promoted")
