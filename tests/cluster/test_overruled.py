"""Whose word counts: each way in which people and their tools change the pointer, in each stage."""

import json
from typing import Any

from tests.support.cluster.kubectl import Document, Refused, Space
from tests.support.cluster.objects import monitor, slow_target, target
from tests.support.cluster.people import say
from tests.support.cluster.runs import active_run, assert_overruled, finished, pointer, run_number, set_cooldown, start
from tests.support.local import until

POINTER = "refit.dev/checkpoint"
THEIRS = "file:///models/v7"


def with_pointer(value: str) -> Document:
    template = {"metadata": {"annotations": {POINTER: value}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "reviews"},
        "spec": {"template": template},
    }


def edit(space: Space, value: str) -> None:
    """Change the pointer as `kubectl edit` does."""
    patch = json.dumps({"spec": with_pointer(value)["spec"]})
    space.run("patch", "deploy", "reviews", "--type=merge", "-p", patch)


def own(space: Space, value: str, *flags: str) -> None:
    """Apply the pointer as a tool that has it in Git."""
    space.apply(with_pointer(value), flags=("--server-side", "--field-manager=argocd", *flags))


def owners(space: Space) -> set[str]:
    """Return the field managers of the pointer."""
    shown = json.loads(space.run("get", "deploy", "reviews", "-o", "json", "--show-managed-fields"))
    entries = shown["metadata"]["managedFields"]
    return {entry["manager"] for entry in entries if f"f:{POINTER}" in json.dumps(entry["fieldsV1"])}


def replace(space: Space) -> None:
    """Replace the target as `kubectl replace` does, again where its status was written in between."""

    def is_done() -> bool:
        try:
            space.run("replace", "-f", "-", stdin=json.dumps(target()))
        except Refused as error:
            if "(Conflict)" not in str(error):
                raise
            return False
        return True

    until(is_done, 60, "the target changes each time between kubectl's read and write")


WAYS: dict[str, Any] = {
    "kubectl edit": lambda space: edit(space, THEIRS),
    "kubectl rollout undo": lambda space: space.run("rollout", "undo", "deploy/reviews"),
    "kubectl replace": replace,
    "a tool that applies with force": lambda space: own(space, THEIRS, "--force-conflicts"),
}

SAID = {
    "kubectl edit": f'was set to {THEIRS} by field manager "kubectl-patch"',
    "kubectl rollout undo": f'was set to {THEIRS} by field manager "kubectl"',  # the revision before has theirs
    "kubectl replace": "was removed",
    "a tool that applies with force": f'was set to {THEIRS} by field manager "argocd"',
}
"""Who set the pointer is recorded; who removed it isn't."""


def test_every_way_to_change_the_pointer_stands_until_it_is_handed_back(space: Space) -> None:
    start(space)
    first = run_number(space, 1)["status"]["pointerChange"]["new"]
    for way, change in WAYS.items():
        change(space)
        assert pointer(space) != first
        message = space.wait_condition("mmon/reviews", "ServingUpToDate", "Overruled")
        assert message.startswith(f"annotation refit.dev/checkpoint {SAID[way]}; expected reviews-1-"), (way, message)
        if pointer(space) != THEIRS or owners(space) != {"argocd"}:
            edit(space, first)
            space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")
    set_cooldown(space, "0s")
    message = assert_overruled(space, runs=1)
    handover = f"refit.dev/take-pointer={THEIRS}#1"
    assert handover.replace("=", "='") in message
    space.run("annotate", "mmon", "reviews", handover)
    space.wait("mmon/reviews", ".status.attempts", "2")
    set_cooldown(space, "1h")
    run = run_number(space, 2)
    assert run["spec"]["servedCheckpoint"] == "pvc://models/v7"
    assert (run["status"]["outcome"], owners(space)) == ("Promoted", {"refit-operator"})
    own(space, THEIRS, "--force-conflicts")
    set_cooldown(space, "0s")
    assert f"{THEIRS}#2" in assert_overruled(space, runs=2)


def test_an_undo_of_a_rollout_under_way_stands_as_well(space: Space) -> None:
    start(space, slow_target(), policy={"cooldown": "0s"})
    active_run(space, "RollingOut")
    space.wait("deploy/reviews", ".metadata.annotations.deployment\\.kubernetes\\.io/revision", "2")
    space.run("rollout", "undo", "deploy/reviews")
    run = run_number(space, 1)
    assert (*finished(run), pointer(space)) == ("Superseded", "Overruled", "")
    assert run["status"]["message"].startswith("annotation refit.dev/checkpoint was removed; expected reviews-1-")
    assert "refit.dev/take-pointer='#1'" in assert_overruled(space, runs=1)


def test_a_target_whose_container_stops_reading_the_pointer_is_not_verified(space: Space) -> None:
    start(space, verification={"for": "10m"}, policy={"cooldown": "0s"})
    active_run(space, "Verifying")
    space.run("set", "env", "deploy/reviews", f"MODEL_URI={THEIRS}")
    run = run_number(space, 1)
    assert finished(run) == ("Superseded", "Overruled")
    assert "no container reads the pointer" in run["status"]["message"]
    assert "MODEL_URI" in space.wait_condition("mmon/reviews", "Ready", "TargetNotWired")
    space.wait_condition("mmon/reviews", "ServingUpToDate", "TargetNotWired")
    assert "served" not in space.get("mmon", "reviews")["status"]
    assert len(space.list("rr")) == 1


def test_a_pointer_that_a_tool_holds_too_blocks_the_rollback_and_the_tool_is_named(space: Space) -> None:
    start(space, verification={"for": "10m"})
    name = active_run(space, "Verifying")
    own(space, pointer(space))
    assert owners(space) == {"argocd", "refit-operator"}
    say(space, name, abort=True)
    run = run_number(space, 1)
    assert finished(run) == ("Failed", "RollbackBlocked")
    assert 'owned by field manager "argocd"' in run["status"]["message"]
    assert "argocd" in space.wait_condition("mmon/reviews", "ServingUpToDate", "RollbackBlocked")
    assert pointer(space) == run["status"]["pointerChange"]["new"]


def test_a_pointer_that_a_tool_holds_is_taken_only_where_a_person_says_so(space: Space) -> None:
    start(space, suspend=True)
    own(space, THEIRS)
    space.apply(monitor())
    assert finished(run_number(space, 1)) == ("Failed", "FieldConflict")
    assert 'conflict with "argocd"' in space.wait_condition("mmon/reviews", "ServingUpToDate", "FieldConflict")
    assert (pointer(space), owners(space)) == (THEIRS, {"argocd"})
    space.run("annotate", "mmon", "reviews", f"refit.dev/take-pointer={THEIRS}#0")
    set_cooldown(space, "0s")
    assert run_number(space, 2)["status"]["outcome"] == "Promoted"
    assert owners(space) == {"refit-operator"}
