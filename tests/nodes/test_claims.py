"""ReadWriteOnce on several nodes: claims that no node can mount together, and claims whose node takes no pod now."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cluster.events import events_on, wait_event
from tests.support.cluster.kubectl import Document, Space, kubectl, merge
from tests.support.cluster.nodes import cordoned, engine, node_of, on
from tests.support.cluster.objects import idle_target, monitor, target
from tests.support.cluster.runs import active_run, finished, pointer, run_number, serve, start
from tests.support.cluster.trainings import training_pods
from tests.support.cluster.volumes import bind, volumes

ALL = ("models", "feedback", "holdout")
ALONE: dict[str, Any] = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {"app": "reviews"}}, "topologyKey": "kubernetes.io/hostname"}
        ]
    }
}


def served_by(spec: Document) -> Document:
    """A target whose pods have that in their spec."""
    return dict(merge(target(), {"spec": {"template": {"spec": spec}}}))


def begin(space: Space, server: Document, **spec: Any) -> None:
    """Have a target that serves and a monitor in breach, with the claims that are there."""
    serve(space, server)
    space.apply(monitor(**spec))


def test_claims_on_different_nodes_end_each_run_and_say_what_to_do(space: Space, home: str, away: str) -> None:
    bind(space, home, "feedback", "holdout")
    bind(space, away, "models")
    policy = {"cooldown": "0s", "giveUpAfter": 2}
    begin(space, idle_target(), policy=policy, training={"pendingDeadline": "15s"})

    active = active_run(space, "Queued")
    said = space.wait_condition(f"rr/{active}", "Trained", "VolumeNodeConflict")
    pair = f"no node can mount both claims feedback (node {home}) and models (node {away}); "
    remedy = "put them on nodes in common or on one claim, or use ReadWriteMany: 0/3 nodes are available: "
    assert said.startswith(pair + remedy)
    assert "2 node(s) didn't match PersistentVolume's node affinity" in said
    for about in (active, "reviews"):
        assert wait_event(space, about, "VolumeNodeConflict") == said

    run = run_number(space, 1)
    assert finished(run) == ("Failed", "PendingTooLong")
    assert run["status"]["message"].startswith(f"nothing started within training.pendingDeadline, 15s: {pair}")
    assert len(events_on(space, active, "VolumeNodeConflict")) == 1
    space.wait_condition("mmon/reviews", "RetrainAllowed", "GaveUp", limit_s=90)
    assert len(space.list("rr")) == 2
    space.run("wait", "--for=delete", "job", "-l", "refit.dev/run", "--timeout=60s")
    print(said)


def job_of(space: Space) -> str:
    [job] = space.list("job")
    return str(job["metadata"]["uid"])


def assert_goes_on(space: Space, name: str, job: str) -> None:
    """The run ends well, by the Job that waited."""
    run = run_number(space, 1)
    assert (run["metadata"]["name"], run["status"]["outcome"], job_of(space)) == (name, "Promoted", job)
    assert space.list("job")[0]["status"].get("failed", 0) == 0
    assert len(space.list("rr")) == 1


def test_a_claim_on_a_node_that_is_cordoned_is_waited_for(space: Space, away: str) -> None:
    bind(space, away, *ALL)
    space.apply(target())
    space.run("rollout", "status", "deploy/reviews", "--timeout=180s", limit_s=190)
    with cordoned(away):
        space.apply(monitor())
        name = active_run(space, "Queued")
        said = space.wait_condition(f"rr/{name}", "Trained", "Unschedulable")
        where = f"no node fits the pod, which needs the claims feedback, holdout, models on node {away}: "
        assert said.startswith(f"{where}0/3 nodes are available: ")
        assert "1 node(s) were unschedulable" in said
        assert wait_event(space, name, "Unschedulable") == said
        job = job_of(space)
    assert_goes_on(space, name, job)
    print(said)


def cpus(node: str) -> float:
    text = str(json.loads(kubectl("get", "node", node, "-o", "json"))["status"]["allocatable"]["cpu"])
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def filler(node: str, cpu: float) -> Document:
    """A pod that asks for that much of a node and does nothing."""
    made = target("filler", spec={"template": {"spec": {"nodeSelector": on(node)}}})
    pod = made["spec"]["template"]["spec"]
    container = pod["containers"][0] | {"resources": {"requests": {"cpu": str(cpu)}}, "volumeMounts": []}
    return dict(merge(made, {"spec": {"template": {"spec": {"volumes": None, "containers": [container]}}}}))


def test_a_claim_on_a_node_that_is_full_is_waited_for(space: Space, away: str) -> None:
    bind(space, away, *ALL)
    space.apply(target(), filler(away, cpus(away) * 0.6))
    for name in ("reviews", "filler"):
        space.run("rollout", "status", f"deploy/{name}", "--timeout=180s", limit_s=190)
    space.apply(monitor(training={"resources": {"requests": {"cpu": str(cpus(away) * 0.6)}}}))
    name = active_run(space, "Queued")
    said = space.wait_condition(f"rr/{name}", "Trained", "Unschedulable")
    assert said.startswith(f"no node fits the pod, which needs the claims feedback, holdout, models on node {away}: ")
    assert "Insufficient cpu" in said
    job = job_of(space)
    space.run("delete", "deploy", "filler")
    assert_goes_on(space, name, job)
    print(said)


def test_the_training_comes_to_the_node_where_the_model_serves(space: Space, away: str) -> None:
    start(space, served_by({"nodeSelector": on(away)}))
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    assert [node_of(pod) for pod in training_pods(space)] == [away]


def test_a_rollout_that_would_need_the_claim_on_another_node_says_where_it_is(space: Space, away: str) -> None:
    bind(space, away, *ALL)
    begin(space, served_by({"affinity": ALONE}), serving={"rolloutDeadline": "10s"})
    run = run_number(space, 1)
    assert (*finished(run), pointer(space)) == ("RolledBack", "RolledBack", "")
    said = run["status"]["message"]
    assert f": no node fits the pod, which needs the claim models on node {away}: 0/3 nodes are available: " in said
    assert "1 node(s) didn't match pod anti-affinity rules" in said
    print(said)


PATH = "/refit-on-one-node"


@pytest.fixture
def folder(space: Space, away: str) -> Iterator[None]:
    """Have a claim whose volume is a folder that one of the nodes has, and the other hasn't."""
    engine("exec", away, "install", "-d", "-m", "0777", PATH)
    with volumes(space) as made:
        made.folder("models", PATH)
        yield
    engine("exec", away, "rm", "-rf", PATH)


def test_a_rollout_whose_volume_cannot_be_mounted_says_so(space: Space, home: str, away: str, folder: None) -> None:
    bind(space, away, "feedback", "holdout")
    with cordoned(home):
        space.apply(served_by({"affinity": ALONE}))
        space.run("rollout", "status", "deploy/reviews", "--timeout=180s", limit_s=190)
    space.apply(monitor(serving={"rolloutDeadline": "20s"}))
    run = run_number(space, 1)
    assert (*finished(run), pointer(space)) == ("RolledBack", "RolledBack", "")
    said = run["status"]["message"]
    assert ": the claim models can't be mounted: MountVolume.SetUp failed" in said
    print(said)
