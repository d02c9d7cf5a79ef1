"""Objects that go while a run is under way: nothing is left behind, and the target keeps serving what it serves."""

import json
from typing import Any

import pytest

from tests.support.cluster.apart import Apart
from tests.support.cluster.kubectl import OPERATOR, Document, Refused, Space, kubectl
from tests.support.cluster.objects import monitor, slow_target
from tests.support.cluster.runs import active_run, gone, pointer, run_number, start

SLOW: dict[str, Any] = {
    "hyperparameters": {"seconds": "20"},
    "podTemplate": {"terminationGracePeriodSeconds": 1},
}
TRAINS_ON: dict[str, Any] = SLOW | {"hyperparameters": {"seconds": "600"}}


def available(space: Space) -> int:
    return int(space.get("deploy", "reviews")["status"].get("availableReplicas", 0))


def without_identity(document: Document) -> Document:
    """Return what a backup tool makes again: all but what the API server gives."""
    given = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
    return document | {"metadata": {key: value for key, value in document["metadata"].items() if key not in given}}


def test_a_monitor_deleted_with_the_operator_down_and_restored_from_a_backup(apart: Apart) -> None:
    """The monitor that comes back has another UID: it goes on from what serves, and takes over no run and no Job."""
    space = apart.space
    with apart.operator():
        start(space)
        promoted = run_number(space, 1)["status"]["pointerChange"]["new"]
        space.apply(monitor(policy={"cooldown": "0s"}, training=TRAINS_ON))
        old = active_run(space, "Training", 2)
    backup = [space.get("mmon", "reviews"), *space.list("rr")]
    space.run("delete", "mmon", "reviews")
    gone(space)
    assert (pointer(space), available(space)) == (promoted, 1)

    restored, *runs = map(without_identity, backup)
    for run in runs:
        with pytest.raises(Refused, match="by the operator only"):
            space.run("create", "-f", "-", stdin=json.dumps(run))
        space.run("create", "--as", OPERATOR, "-f", "-", stdin=json.dumps(run))
    space.run("create", "-f", "-", stdin=json.dumps(restored))
    with apart.operator() as operator:
        space.wait("mmon/reviews", ".status.attempts", "1")
        name = space.get("mmon", "reviews")["status"]["activeRun"]
        space.run("wait", "--for=delete", "rr", old, "--timeout=60s")
        space.wait(f"rr/{name}", ".status.stage", "Training", 60)
        assert [job["metadata"]["name"] for job in space.list("job")] == [name]
        run = space.get("rr", name)
        assert run["spec"]["livePointer"] == promoted
        assert run["metadata"]["ownerReferences"][0]["uid"] == space.get("mmon", "reviews")["metadata"]["uid"]
        assert operator.process.poll() is None


def test_a_monitor_deleted_while_it_trains_and_while_it_rolls_out(space: Space) -> None:
    start(space, slow_target(), training=SLOW)
    active_run(space, "Training")
    space.run("delete", "mmon", "reviews")
    gone(space)
    assert (pointer(space), available(space)) == ("", 1)
    space.apply(monitor())
    name = active_run(space, "RollingOut")
    space.wait("deploy/reviews", ".metadata.annotations.deployment\\.kubernetes\\.io/revision", "2")
    written = space.get("rr", name)["status"]["pointerChange"]["new"]
    space.run("delete", "mmon", "reviews")
    gone(space)
    space.run("rollout", "status", "deploy/reviews", "--timeout=60s")
    assert (pointer(space), available(space)) == (written, 1)


def test_a_namespace_deleted_during_a_run_goes_and_the_operator_stays(apart: Apart) -> None:
    space = apart.space
    with apart.operator() as operator:
        start(space, training=SLOW)
        active_run(space, "Training")
        space.run("delete", "deploy", "reviews", "--wait=false")
        kubectl("delete", "namespace", space.name, "--timeout=90s")
        operator.wait_for("/healthz", 200)
        assert not operator.says("Traceback")


def test_the_younger_of_two_monitors_takes_the_target_over_once_the_older_is_gone(space: Space) -> None:
    start(space)
    promoted = run_number(space, 1)["status"]["pointerChange"]["new"]
    space.apply(monitor("younger", serving={"targetRef": {"name": "reviews"}}, mode="Approve"))
    space.wait_condition("mmon/younger", "Ready", "TargetClaimed")
    space.run("delete", "mmon", "reviews")
    space.wait("mmon/younger", ".status.attempts", "1")
    (run,) = (run for run in space.list("rr") if run["spec"]["monitorRef"]["name"] == "younger")
    assert (run["spec"]["livePointer"], pointer(space)) == (promoted, promoted)
    space.wait_condition("mmon/younger", "ServingUpToDate", "Served")
