"""A model is changed without a restart, on a real node: the ConfigMap, the kubelet that brings it, `refit-serve`.

All of it is real: trained models, the Service, clients that never try again. Only the metric is a constant, and
approvals and aborts are the test's. REFIT_TEST_INTO is a folder to keep the numbers in:
`make bench-in-place` makes a table of them.
"""

import json
import os
from pathlib import Path

import pytest

from tests.support.cluster.in_place import (
    Update,
    data_of,
    measured,
    models_of,
    pods_of,
    save,
    start,
    starts_of,
    took,
    took_back,
)
from tests.support.cluster.kubectl import Space
from tests.support.cluster.people import say
from tests.support.cluster.reviews import spoil
from tests.support.cluster.runs import finished, pointer, request_run, run_number
from tests.support.local import until

pytestmark = pytest.mark.in_place


def digests(space: Space) -> set[str]:
    return {model["digest"] for model in models_of(space)}


@pytest.mark.parametrize("update", ["InPlace", "RollingUpdate"])
def test_no_request_is_lost_and_in_place_no_pod_is_restarted(space: Space, update: str) -> None:
    start(space, update)
    found, first, before = list[Update](), digests(space), starts_of(space)
    name = request_run(space, 1)
    with measured(space, update, "a promotion", found) as seconds:
        say(space, name, approval="Approved")
        space.wait(f"rr/{name}", ".status.stage", "Verifying", limit_s=240)
        until(lambda: len(pods_of(space)) == 1, 60, "old pods stay")
        run = space.get("rr", name)
        seconds.append(took(run))
    candidate = run["status"]["result"]["candidate"]["digest"]
    assert digests(space) == {candidate} != first
    with measured(space, update, "a rollback", found) as seconds:
        say(space, name, abort=True)
        run = run_number(space, 1, limit_s=240)
        until(lambda: len(pods_of(space)) == 1, 60, "old pods stay")
        seconds.append(took_back(run))
    assert (run["status"]["outcome"], digests(space)) == ("RolledBack", first)
    print(*found, sep="\n")
    if into := os.environ.get("REFIT_TEST_INTO"):
        save(Path(into) / "in-place.jsonl", found)
    assert [one.lost for one in found] == [0, 0] and all(one.answered > 0 for one in found)
    if update == "InPlace":
        new = run["status"]["pointerChange"]["new"]
        assert (starts_of(space), pointer(space), data_of(space)) == (before, "", {"previous": new})
    else:
        assert all(one.restarted for one in found)


def test_a_pod_that_starts_later_has_the_model_and_everybody_is_asked(space: Space) -> None:
    start(space, "InPlace")
    name = request_run(space, 1)
    say(space, name, approval="Approved")
    space.wait(f"rr/{name}", ".status.stage", "Verifying", limit_s=240)
    new = space.get("rr", name)["status"]["pointerChange"]["new"]
    assert data_of(space)["checkpoint"] == new
    space.run("scale", "deploy/reviews", "--replicas=2")
    space.run("rollout", "status", "deploy/reviews", "--timeout=180s", limit_s=190)
    assert [model["pointer"] for model in models_of(space)] == [new, new]
    space.run("delete", "pod", pods_of(space)[0]["metadata"]["name"])
    space.run("rollout", "status", "deploy/reviews", "--timeout=180s", limit_s=190)
    assert [model["pointer"] for model in models_of(space)] == [new, new]
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")


def test_a_wrong_digest_is_refused_by_the_running_server_and_rolled_back(space: Space) -> None:
    start(space, "InPlace")
    first, before = digests(space), starts_of(space)
    name = request_run(space, 1)
    spoil(space, name)
    say(space, name, approval="Approved")
    run = run_number(space, 1, limit_s=300)
    assert run["status"]["outcome"] == "RolledBack" and "has the digest" in run["status"]["message"]
    promoted = next(c for c in run["status"]["conditions"] if c["type"] == "Promoted")
    assert promoted["reason"] == "RolloutFailed"
    assert (digests(space), starts_of(space)) == (first, before), "the model that served answered all the time"


def test_a_change_of_the_config_map_by_hand_stays_and_is_named(space: Space) -> None:
    start(space, "InPlace")
    name = request_run(space, 1)
    say(space, name, approval="Approved")
    space.wait(f"rr/{name}", ".status.stage", "Verifying", limit_s=240)
    before = data_of(space)["checkpoint"]
    space.run("patch", "configmap", "reviews-pointer", "--type=merge", "-p", json.dumps({"data": {"checkpoint": None}}))
    run = run_number(space, 1)
    assert finished(run) == ("Superseded", "Overruled")
    assert "key checkpoint of ConfigMap reviews-pointer was removed" in run["status"]["message"]
    assert before.partition("@")[0] not in json.dumps(data_of(space).get("checkpoint", ""))
    space.wait_condition("mmon/reviews", "ServingUpToDate", "Overruled")


def test_without_what_is_lent_it_says_what_to_bind(space: Space) -> None:
    start(space, "InPlace")
    space.run("delete", "rolebinding", "refit-reviews-pointer")
    message = space.wait_condition("mmon/reviews", "Ready", "TargetNotWired")
    assert "may not read ConfigMap reviews-pointer: bind ClusterRole refit-in-place" in message
