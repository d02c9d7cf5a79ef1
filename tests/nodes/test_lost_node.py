"""The node of a training is lost: it comes back in time, comes back late, is known to be off, or never comes back."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cluster.events import wait_event
from tests.support.cluster.kubectl import Document, Space, merge
from tests.support.cluster.nodes import frozen, node_of, off_for_good, on, rather_on, start, stopped
from tests.support.cluster.objects import monitor, target
from tests.support.cluster.runs import active_run, finished, run_number
from tests.support.cluster.trainings import training_pods
from tests.support.cluster.volumes import shared
from tests.support.cluster.words import attempts, give_word, waiting_training
from tests.support.local import until

SILENT = "Kubelet stopped posting node status"
NOTICED_WITHIN_S = 150
"""The node's controller gives a kubelet 50 s; the run is read every 15 s."""
TOLERATED_S = 5
SOON_DELETED = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": TOLERATED_S}
    for key in ("unreachable", "not-ready")
]
"""By default it is 300 s after which a pod is deleted from a node that is lost."""


@pytest.fixture(autouse=True)
def everywhere(space: Space) -> Iterator[None]:
    """Have the claims on every node."""
    with shared(space, "models", "feedback", "holdout"):
        yield


def train(space: Space, home: str, away: str, **training: Any) -> str:
    """Have a training under way on one node, and the model served on another; return the run."""
    space.apply(served_on(home))
    space.run("rollout", "status", "deploy/reviews", "--timeout=180s", limit_s=190)
    template = {"affinity": rather_on(away)} | training.pop("podTemplate", {})
    space.apply(monitor(training=waiting_training(podTemplate=template, **training)))
    name = active_run(space, "Training")
    assert [node_of(pod) for pod in training_pods(space)] == [away]
    return name


def served_on(node: str) -> Document:
    return dict(merge(target(), {"spec": {"template": {"spec": {"nodeSelector": on(node)}}}}))


def first_words(pod: str, node: str) -> str:
    return f"pod {pod} is on node {node}, which isn't ready: {SILENT}; "


def wait_lost_node(space: Space, name: str, pod: str, node: str) -> str:
    """Wait until the run says that its node is lost, as condition and as Event."""
    said = space.wait_condition(f"rr/{name}", "Trained", "NodeNotReady", NOTICED_WITHIN_S)
    assert said.startswith(first_words(pod, node))
    assert wait_event(space, name, "NodeNotReady").startswith(first_words(pod, node))
    return said


def assert_promoted(space: Space, node: str, uid: str, pods: int) -> None:
    """The training goes on, by the same Job; no failed attempt is counted."""
    until(lambda: len(attempts(space, node)) == pods, 180, f"not {pods} attempts: {attempts(space, node)}")
    give_word(space, node)
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    [job], [_] = space.list("job"), space.list("rr")
    assert (job["metadata"]["uid"], job["status"].get("failed", 0), job["status"]["succeeded"]) == (uid, 0, 1)
    assert len(attempts(space, node)) == pods


def job_and_pod(space: Space) -> tuple[str, str]:
    [job], [pod] = space.list("job"), training_pods(space)
    return job["metadata"]["uid"], pod["metadata"]["name"]


def test_a_node_that_is_back_in_time_costs_nothing(space: Space, home: str, away: str) -> None:
    name = train(space, home, away)
    uid, pod = job_and_pod(space)
    with frozen(away):
        said = wait_lost_node(space, name, pod, away)
        assert said.endswith("; it goes on if the node is ready again in time")
    space.wait_condition(f"rr/{name}", "Trained", "Running")
    assert_promoted(space, home, uid, pods=1)
    print(said)


def until_deleted(space: Space, name: str) -> str:
    """Wait until the pod is being deleted from the node that is lost; return what the run says."""

    def said() -> str:
        return str(space.get("rr", name)["status"]["message"])

    until(lambda: "it is being deleted" in said(), 60, f"the run says: {said()}")
    way = "the next attempt starts once the node is ready, deleted, or tainted node.kubernetes.io/out-of-service"
    assert said().endswith(f"; it is being deleted, and {way}")
    return said()


@pytest.mark.parametrize("way", ["it comes back", "it is known to be off"])
def test_the_next_attempt_starts_once_the_pod_is_known_to_be_gone(space: Space, home: str, away: str, way: str) -> None:
    name = train(space, home, away, podTemplate={"tolerations": SOON_DELETED, "affinity": rather_on(away)})
    uid, pod = job_and_pod(space)
    with stopped(away):
        wait_lost_node(space, name, pod, away)
        said = until_deleted(space, name)
        assert [found["metadata"]["name"] for found in training_pods(space)] == [pod], "two pods of one training"
        if way == "it comes back":
            start(away)
            assert_promoted(space, home, uid, pods=2)
        else:
            with off_for_good(away):
                assert_promoted(space, home, uid, pods=2)
    print(said)


def test_a_node_that_stays_away_ends_the_run(space: Space, home: str, away: str) -> None:
    name = train(space, home, away, pendingDeadline="15s")
    _, pod = job_and_pod(space)
    with stopped(away):
        wait_lost_node(space, name, pod, away)
        run = run_number(space, 1)
    assert finished(run) == ("Failed", "PendingTooLong")
    said = run["status"]["message"]
    lost = first_words(pod, away)
    assert said.startswith(f"nothing is known to run since training.pendingDeadline, 15s: {lost}")
    space.run("wait", "--for=delete", f"job/{name}", "--timeout=120s")
    assert len(space.list("rr")) == 1
    print(said)


def test_a_node_that_starts_again_at_once_is_a_failed_attempt(space: Space, home: str, away: str) -> None:
    name = train(space, home, away, backoffLimit=1)
    with stopped(away):
        pass
    said = wait_event(space, name, "TrainingRetried")
    assert said == "retrying after: how train ended isn't known, as after a restart of its node: exit 255"
    until(lambda: len(attempts(space, home)) == 2, 180, "no second attempt")
    give_word(space, home)
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    assert space.list("job")[0]["status"]["failed"] == 1
    print(said)
