"""Status is a cache: wiped or forged, at any stage, it starts no run, makes no Job and promotes nothing."""

import json
from typing import Any

import pytest

from refit_operator.api.monitor import ModelMonitor
from refit_operator.monitor.rules.manifest import run_name
from tests.support.cluster.kubectl import OPERATOR, Document, Refused, Space, kubectl
from tests.support.cluster.objects import BROKEN, CLAIMS, monitor, slow_target, target
from tests.support.cluster.people import say
from tests.support.cluster.runs import active_run, finished, pointer, run_number, start
from tests.support.local import until

WIPED = None
REVISION = ".metadata.annotations.deployment\\.kubernetes\\.io/revision"


def write_status(space: Space, what: str, status: Document | None, *flags: str) -> None:
    """Write a status as somebody who may: only the operator may write those of runs."""
    patch = json.dumps({"status": status})
    space.run("patch", what, *flags, "--subresource=status", "--type=merge", "-p", patch)


def revision(space: Space) -> str:
    return space.run("get", "deploy", "reviews", "-o", f"jsonpath={{{REVISION}}}")


def test_a_status_wiped_at_every_stage_changes_nothing(space: Space) -> None:
    slow: dict[str, Any] = {"hyperparameters": {"seconds": "3", "judge_seconds": "3"}}
    start(space, slow_target(), training=slow, verification={"for": "6s", "settle": "0s"})
    for stage in ("Training", "Judging", "RollingOut", "Verifying", "Finished"):
        name = active_run(space, stage)
        with pytest.raises(Refused, match="by the operator only"):
            write_status(space, f"rr/{name}", WIPED)
        write_status(space, f"rr/{name}", WIPED, "--as", OPERATOR, "--as-group", "system:masters")
        write_status(space, "mmon/reviews", WIPED)
    run = run_number(space, 1)
    assert (run["status"]["outcome"], pointer(space)) == ("Promoted", run["status"]["pointerChange"]["new"])
    space.wait("mmon/reviews", ".status.lastRun.outcome", "Promoted")
    assert [item["metadata"]["name"] for item in space.list("rr")] == [run["metadata"]["name"]]
    assert [job["metadata"]["name"] for job in space.list("job")] == [run["metadata"]["name"]]
    assert revision(space) == "2"


def test_a_run_that_was_taken_back_stays_so_though_its_status_is_wiped(space: Space) -> None:
    start(space, training=BROKEN, serving={"rolloutDeadline": "15s"})
    run = run_number(space, 1)
    assert (run["status"]["outcome"], pointer(space), revision(space)) == ("RolledBack", "", "3")
    name = run["metadata"]["name"]
    for wiped in (f"rr/{name}", "mmon/reviews"):
        write_status(space, wiped, WIPED, "--as", OPERATOR, "--as-group", "system:masters")
    again = run_number(space, 1)
    assert (again["status"]["outcome"], pointer(space), revision(space)) == ("RolledBack", "", "3")
    assert again["status"]["result"]["candidate"]["digest"] == run["status"]["result"]["candidate"]["digest"]
    assert len(space.list("job")) == 1


def test_a_forged_status_is_mended_and_nothing_is_restored_that_it_says(space: Space) -> None:
    start(space, verification={"for": "10m"})
    name = active_run(space, "Verifying")
    past, evil = "2026-01-01T00:00:00Z", "file:///models/evil"
    write_status(
        space,
        "mmon/reviews",
        {
            "attempts": 0,
            "activeRun": "another",
            "state": "Verifying",
            "served": {"checkpoint": evil, "model": "evil"},
            "lastRun": {"name": name, "outcome": "Promoted", "completionTime": past},
            "nextRunNotBefore": past,
            "conditions": [],
        },
    )
    forged = {"stage": "Queued", "pointerChange": {"old": evil}}
    write_status(space, f"rr/{name}", forged, "--as", OPERATOR, "--as-group", "system:masters")
    space.wait("mmon/reviews", ".status.activeRun", name)
    space.wait(f"rr/{name}", ".status.stage", "Verifying")
    status = space.get("mmon", "reviews")["status"]
    assert ("lastRun" in status, status["attempts"], evil in json.dumps(status)) == (False, 1, False)
    say(space, name, abort=True)
    run = run_number(space, 1)
    assert (run["status"]["outcome"], pointer(space), len(space.list("rr"))) == ("RolledBack", "", 1)


def test_a_job_of_the_name_that_the_run_does_not_control_is_left_alone(space: Space) -> None:
    space.apply(*CLAIMS, target(), monitor(suspend=True))
    name = run_name(ModelMonitor.model_validate(space.get("mmon", "reviews")), 1)
    pod = {"restartPolicy": "Never", "containers": [{"name": "theirs", "image": "none"}]}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}}
    space.run("create", "-f", "-", stdin=json.dumps(job | {"spec": {"suspend": True, "template": {"spec": pod}}}))
    uid = space.get("job", name)["metadata"]["uid"]
    space.apply(monitor())
    run = run_number(space, 1)
    assert (run["metadata"]["name"], *finished(run)) == (name, "Failed", "JobConflict")
    assert "isn't controlled by this run" in run["status"]["message"]
    assert [item["metadata"]["uid"] for item in space.list("job")] == [uid]


def change_crds(*operations: str) -> None:
    """Add a field that nobody reads to the specs of both types, or remove it."""
    path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/addedLater"
    patch = [{"op": operation, "path": path, "value": {"type": "string"}} for operation in operations]
    for kind in ("modelmonitors", "retrainruns"):
        kubectl("patch", "crd", f"{kind}.refit.dev", "--type=json", "-p", json.dumps(patch))


def keeps_new_field(space: Space) -> bool:
    """Return whether the field is stored: the API server takes a moment to learn it."""
    space.run("patch", "mmon", "reviews", "--type=merge", "-p", json.dumps({"spec": {"addedLater": "x"}}))
    return "addedLater" in space.get("mmon", "reviews")["spec"]


def test_the_types_are_applied_again_and_grow_while_a_run_is_under_way(space: Space) -> None:
    start(space, training={"hyperparameters": {"seconds": "5"}})
    active_run(space, "Training")
    change_crds("add")
    try:
        # A plain `replace` would note the resourceVersion as applied, and no `apply` would pass any more.
        crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/retrainruns.refit.dev"
        kubectl("replace", "--raw", crd, "-f", "-", stdin=kubectl("get", "--raw", crd))
        until(lambda: keeps_new_field(space), 30, "the API server doesn't know the new field")
        run = run_number(space, 1)
    finally:
        change_crds("add", "remove")
    assert (run["status"]["outcome"], pointer(space)) == ("Promoted", run["status"]["pointerChange"]["new"])
    assert len(space.list("job")) == 1
    space.wait("mmon/reviews", ".status.state", "CoolingDown")
