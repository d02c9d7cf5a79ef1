"""What happens to a Deployment while its monitor monitors it, rolls it out, or verifies a promotion."""

import json
import signal
from typing import Any

from tests.support.cluster.apart import Apart
from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import BROKEN, monitor, slow_target, target
from tests.support.cluster.people import say
from tests.support.cluster.runs import active_run, finished, pointer, run_number, set_cooldown, start

LONG_VERIFICATION = {"for": "10m"}


def make_anew(space: Space, document: Document) -> None:
    """Delete the Deployment and make it again from its manifest, as tools do where a field can't be changed."""
    space.run("replace", "--force", "--grace-period=0", "-f", "-", stdin=json.dumps(document))


def test_a_target_made_anew_after_a_promotion_holds_until_a_person_says_go_on(space: Space) -> None:
    start(space)
    run_number(space, 1)
    space.run("delete", "deploy", "reviews")
    space.wait_condition("mmon/reviews", "Ready", "TargetMissing")
    space.wait_condition("mmon/reviews", "ServingUpToDate", "TargetMissing")
    space.apply(target())
    set_cooldown(space, "0s")
    assert "created again" in space.wait_condition("mmon/reviews", "ServingUpToDate", "TargetReplaced")
    message = space.wait_condition("mmon/reviews", "RetrainAllowed", "TargetReplaced")
    assert "refit.dev/take-pointer='#1'" in message
    assert (len(space.list("rr")), pointer(space)) == (1, "")
    space.run("annotate", "mmon", "reviews", "refit.dev/take-pointer=#1")
    space.wait("mmon/reviews", ".status.attempts", "2")
    set_cooldown(space, "1h")
    run = run_number(space, 2)
    assert (run["status"]["outcome"], pointer(space)) == ("Promoted", run["status"]["pointerChange"]["new"])


def test_a_target_made_anew_behind_the_operators_back_ends_the_run_that_rolls_it_out_or_verifies_it(
    apart: Apart,
) -> None:
    space = apart.space
    often = {"cooldown": "0s", "maxRuns": {"count": 9}, "giveUpAfter": 9}
    with apart.operator() as operator:
        start(space, slow_target(), verification=LONG_VERIFICATION, policy=often)
        for ordinal, stage in enumerate(("RollingOut", "Verifying"), start=1):
            active_run(space, stage, ordinal)
            operator.send(signal.SIGSTOP)
            make_anew(space, slow_target())
            operator.send(signal.SIGCONT)
            assert (*finished(run_number(space, ordinal)), pointer(space)) == ("Failed", "TargetReplaced", "")
        space.wait_condition("mmon/reviews", "ServingUpToDate", "TargetReplaced")
        assert len(space.list("rr")) == 2


def test_a_target_that_halts_during_verification_blocks_the_rollback_until_it_goes_on(space: Space) -> None:
    """What is taken back is written all the same: once the target goes on, it serves what it served."""
    start(space, verification=LONG_VERIFICATION, policy={"cooldown": "0s"})
    halts: dict[str, tuple[list[str], list[str], str]] = {
        "paused": (["rollout", "pause", "deploy/reviews"], ["rollout", "resume", "deploy/reviews"], "is paused"),
        "at zero": (
            ["scale", "deploy/reviews", "--replicas=0"],
            ["scale", "deploy/reviews", "--replicas=1"],
            "zero replicas",
        ),
    }
    for ordinal, (halt, go_on, words) in enumerate(halts.values(), start=1):
        name = active_run(space, "Verifying", ordinal)
        set_cooldown(space, "1h")
        space.run(*halt)
        say(space, name, abort=True)
        run = run_number(space, ordinal)
        assert (*finished(run), pointer(space)) == ("RolledBack", "RollbackBlocked", "")
        assert words in space.wait_condition("mmon/reviews", "ServingUpToDate", "RollbackBlocked")
        space.run(*go_on)
        space.wait_condition("mmon/reviews", "ServingUpToDate", "Served")
        set_cooldown(space, "0s")


def test_a_paused_target_is_given_back_the_pointer_it_had(space: Space) -> None:
    start(space, training={"hyperparameters": {"seconds": "3"}})
    active_run(space, "Training")
    space.run("rollout", "pause", "deploy/reviews")
    run = run_number(space, 1)
    assert (*finished(run), pointer(space)) == ("RolledBack", "RollbackBlocked", "")
    assert len(space.list("rs")) == 1


def test_scaling_a_rollout_and_renaming_a_container_during_verification_disturb_nobody(space: Space) -> None:
    start(space, slow_target(), verification={"for": "12s", "settle": "0s"})
    active_run(space, "RollingOut")
    space.run("scale", "deploy/reviews", "--replicas=2")
    active_run(space, "Verifying")
    assert space.get("deploy", "reviews")["status"]["updatedReplicas"] == 2
    rename: list[dict[str, Any]] = [
        {"op": "replace", "path": "/spec/template/spec/containers/0/name", "value": "renamed"}
    ]
    space.run("patch", "deploy", "reviews", "--type=json", "-p", json.dumps(rename))
    run = run_number(space, 1)
    assert (run["status"]["outcome"], pointer(space)) == ("Promoted", run["status"]["pointerChange"]["new"])


def test_the_deployments_own_deadline_takes_back_and_doesnt_block_the_way_back(space: Space) -> None:
    """Its condition says so until the pods of before are back: with the strategy Recreate there are none meanwhile."""
    broken: dict[str, Any] = {"training": BROKEN, "serving": {"rolloutDeadline": "5m"}}
    start(space, suspend=True, **broken)
    quick = {"progressDeadlineSeconds": 3, "strategy": {"type": "Recreate", "rollingUpdate": None}}
    space.apply(target(spec=quick), monitor(**broken))
    run = run_number(space, 1)
    assert (*finished(run), pointer(space)) == ("RolledBack", "RolledBack", "")
    assert "has timed out progressing" in run["status"]["message"]
