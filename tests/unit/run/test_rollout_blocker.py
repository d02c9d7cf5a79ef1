"""A rollout that can't go on says why: the pod, and what the scheduler or the kubelet says of it."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.run import Stage
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.views.claims import view_claims
from refit_operator.run.rules.views.waiting import Surroundings, silent_pod, why_not_started
from refit_operator.target.rules.view import parse_target
from tests.support.jobs import event
from tests.support.runs import GIVEN_UP, NEW, WRITTEN, seen
from tests.support.samples import NOW, deployment

NO_ROOM = "0/1 nodes are available: 1 Insufficient cpu."
BLOCKER = f"pod reviews-b: no node fits the pod: {NO_ROOM}"


def pod(name: str, **status: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "server", "image": "x:1"}]}
    return {"metadata": {"name": name, "uid": f"{name}-uid"}, "spec": spec, "status": status}


RUNNING = {"containerStatuses": [{"name": "server", "state": {"running": {}}}]}
UNSCHEDULED = {"conditions": [{"type": "PodScheduled", "status": "False", "message": NO_ROOM}]}
UNPULLED = {
    "containerStatuses": [{"name": "server", "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}}}]
}
STARTING = {"containerStatuses": [{"name": "server", "state": {"waiting": {"reason": "ContainerCreating"}}}]}

REFUSED = '{"error":"/m has the digest a, not b"}'
CRASHES = {
    "name": "verify",
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}},
    "lastState": {
        "terminated": {"exitCode": 64, "reason": "Error", "message": '{"error":"/m has the digest a, not b"}'}
    },
}
WITHOUT_WORDS = CRASHES | {"lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}

SAID = {
    "an init container that fails again and again": (
        [pod("reviews-b", initContainerStatuses=[CRASHES])],
        "pod reviews-b: container verify can't start: CrashLoopBackOff: back-off 10s restarting failed container; "
        "it exited 64: /m has the digest a, not b",
    ),
    "one that says nothing": (
        [pod("reviews-b", initContainerStatuses=[WITHOUT_WORDS])],
        "pod reviews-b: container verify can't start: CrashLoopBackOff: back-off 10s restarting failed container; "
        "it exited 1: Error",
    ),
    "no room": ([pod("reviews-a", **RUNNING), pod("reviews-b", **UNSCHEDULED)], BLOCKER),
    "no image": (
        [pod("reviews-b", **UNPULLED)],
        "pod reviews-b: the image x:1 of container server can't be pulled: no",
    ),
    "a reason without a message": (
        [
            pod(
                "reviews-b",
                containerStatuses=[{"name": "server", "state": {"waiting": {"reason": "PostStartHookError"}}}],
            )
        ],
        "pod reviews-b: container server can't start: PostStartHookError",
    ),
    "an image without a message": (
        [
            pod(
                "reviews-b",
                containerStatuses=[{"name": "server", "state": {"waiting": {"reason": "InvalidImageName"}}}],
            )
        ],
        "pod reviews-b: the image x:1 of container server can't be pulled: InvalidImageName",
    ),
    "the newest first": ([pod("reviews-a", **UNPULLED), pod("reviews-b", **UNSCHEDULED)], BLOCKER),
    "on its way": ([pod("reviews-a", **RUNNING), pod("reviews-b", **STARTING)], ""),
    "no pod": ([], ""),
}


@pytest.mark.parametrize("name", SAID)
def test_what_keeps_a_targets_pods_from_starting(name: str) -> None:
    pods, blocker = SAID[name]
    assert why_not_started(pods) == blocker


ATTACH = 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) reviews-a'
SILENT: dict[str, tuple[list[dict[str, Any]], str]] = {
    "the newest that starts nothing": ([pod("reviews-a", **STARTING), pod("reviews-b", **STARTING)], "reviews-b-uid"),
    "a pod that runs": ([pod("reviews-a", **RUNNING)], ""),
    "another says why": ([pod("reviews-a", **UNPULLED), pod("reviews-b", **STARTING)], ""),
    "no pod": ([], ""),
}


@pytest.mark.parametrize("name", SILENT)
def test_whose_events_are_read(name: str) -> None:
    pods, want = SILENT[name]
    assert silent_pod(pods) == want


def test_a_volume_that_is_in_use_on_another_node() -> None:
    claims = view_claims([{"metadata": {"name": "models"}, "spec": {"volumeName": "pvc-1"}}], [])
    around = Surroundings([event("FailedAttachVolume", ATTACH)], claims)
    said = why_not_started([pod("reviews-a", **RUNNING), pod("reviews-b", **STARTING)], around)
    assert said == f"pod reviews-b: the claim models is in use on another node: {ATTACH}"


SLOW: dict[str, Any] = {"updatedReplicas": 1, "availableReplicas": 1}


def test_a_rollout_without_room_says_so_while_it_waits_and_when_it_is_rolled_back() -> None:
    target = parse_target(deployment(NEW, **SLOW))
    waiting = decide(seen(WRITTEN, target=target, rollout_blocker=BLOCKER)).status
    assert (waiting.stage, waiting.message) == (
        Stage.ROLLING_OUT,
        f"1 of 2 pods updated, 1 available, 1 of the template before left; {BLOCKER}",
    )
    late = decide(seen(WRITTEN, target=target, rollout_blocker=BLOCKER, now=NOW + timedelta(minutes=10))).status
    assert late.stage is Stage.ROLLING_BACK
    assert (late.message or "").startswith("not rolled out in time: ")
    assert NO_ROOM in (late.message or "")


def test_a_rollback_without_room_says_so_too() -> None:
    target = parse_target(deployment("", **SLOW))
    status = decide(seen(GIVEN_UP, target=target, rollout_blocker=BLOCKER)).status
    assert (status.stage, NO_ROOM in (status.message or "")) == (Stage.ROLLING_BACK, True)


def test_a_complete_rollout_has_no_blocker() -> None:
    done = decide(seen(WRITTEN, live=NEW, rollout_blocker=BLOCKER)).status
    assert done.rolled_out_time == NOW
    assert NO_ROOM not in (done.message or "")
