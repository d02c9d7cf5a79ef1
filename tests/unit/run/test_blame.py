"""A rollout that fails for the cluster's reasons isn't the weights' fault: they may be promoted by a later run."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.run import Outcome
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import Observed
from refit_operator.run.rules.views.candidate import has_run_unready
from refit_operator.target.rules.ownership import rolled_back_digests
from tests.support.monitors import OVER_QUOTA, halted
from tests.support.runs import GIVEN_UP, NEW, WRITTEN, seen
from tests.support.samples import NEW_DIGEST, NOW, make_run

LATE = NOW + timedelta(minutes=10)
NO_ROOM = "pod reviews-b: no node fits the pod: 0/1 nodes are available: 1 Insufficient cpu."
STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
NONE_UPDATED = {"updatedReplicas": 0}


def rollout(status: dict[str, Any] | None = None, spec: dict[str, Any] | None = None, **more: Any) -> Observed:
    target = halted(NEW, NONE_UPDATED | (status or {}), **(spec or {}))
    return seen(WRITTEN, target=target, **({"now": LATE} | more))


OVER = {"conditions": [OVER_QUOTA]}
BLOCKED = {
    "zero replicas": rollout(spec={"replicas": 0}, now=NOW),
    "paused": rollout(spec={"paused": True}, now=NOW),
    "the controller of Deployments does not run": rollout({"observedGeneration": 2}),
    "a quota": rollout(OVER),
    "a quota, by the Deployment's own deadline": rollout({"conditions": [STUCK, OVER_QUOTA]}, now=NOW),
    "no room": rollout(rollout_blocker=NO_ROOM),
    "nothing is known, and no pod had them": rollout(),
    "no pod had them, by the Deployment's own deadline": rollout({"conditions": [STUCK]}, now=NOW),
}
FAILED = {
    "a pod that isn't ready": rollout(candidate_ran=True),
    "a pod that isn't ready, and a quota": rollout(OVER, candidate_ran=True),
    "a pod that crashes": rollout(rollout_blocker="pod reviews-b: CrashLoopBackOff", candidate_ran=True),
    "a pod that isn't ready, by the Deployment's own deadline": rollout(
        {"conditions": [STUCK]}, now=NOW, candidate_ran=True
    ),
}


def reason_and_condemned(observed: Observed) -> tuple[str, frozenset[str]]:
    status = decide(observed).status
    promoted = find(status.conditions, ConditionType.PROMOTED)
    assert promoted is not None and promoted.status == "False"
    return promoted.reason, rolled_back_digests((make_run(status=status.to_json()),))


@pytest.mark.parametrize("name", BLOCKED)
def test_the_clusters_reasons_condemn_no_weights(name: str) -> None:
    assert reason_and_condemned(BLOCKED[name]) == ("RolloutBlocked", frozenset())


@pytest.mark.parametrize("name", FAILED)
def test_weights_that_no_pod_could_serve_are_condemned(name: str) -> None:
    assert reason_and_condemned(FAILED[name]) == ("RolloutFailed", frozenset({NEW_DIGEST}))


def test_weights_are_still_not_condemned_once_the_run_has_ended() -> None:
    status = decide(BLOCKED["a quota"]).status
    ended = decide(seen(status.to_json(), live="", now=LATE)).status
    assert ended.outcome is Outcome.ROLLED_BACK
    assert rolled_back_digests((make_run(status=ended.to_json()),)) == frozenset()


def test_a_quota_is_said_while_the_rollout_waits_and_once_it_is_taken_back() -> None:
    waiting = decide(rollout(OVER, now=NOW)).status
    late = decide(BLOCKED["a quota"]).status
    back = decide(seen(GIVEN_UP, target=halted("", NONE_UPDATED | OVER))).status
    assert all(str(OVER_QUOTA["message"]) in (status.message or "") for status in (waiting, late, back))
    assert (late.message or "").startswith(
        "not rolled out in time: 0 of 2 pods updated, 2 available, 2 of the template before left; "
    )


def pod(
    *servers: dict[str, Any],
    init: dict[str, Any] | None = None,
    pointer: str = NEW,
    phase: str = "Running",
    **meta: Any,
) -> dict[str, Any]:
    status = {"phase": phase, "containerStatuses": list(servers), "initContainerStatuses": [init] if init else []}
    ready = bool(servers) and all(server.get("ready") for server in servers)
    status["conditions"] = [{"type": "Ready", "status": str(ready)}]
    return {"metadata": {"annotations": {"refit.dev/checkpoint": pointer}, **meta}, "status": status}


RUNS: dict[str, Any] = {"state": {"running": {}}}
PULLS: dict[str, Any] = {"state": {"waiting": {"reason": "ErrImagePull"}}}
CRASHED: dict[str, Any] = {
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
    "lastState": {"terminated": {"exitCode": 1}},
}
PODS = {
    "runs and isn't ready": (pod(RUNS), True),
    "crashes": (pod(CRASHED), True),
    "cannot fetch the model": (pod(PULLS, init=CRASHED), True),
    "serves": (pod(RUNS | {"ready": True}), False),
    "waits for an image beside a container that is ready": (pod(RUNS | {"ready": True}, PULLS), False),
    "waits for a node": (pod(), False),
    "waits for its image, after it fetched the model": (
        pod(PULLS, init={"state": {"terminated": {"exitCode": 0}}}),
        False,
    ),
    "serves the model before": (pod(RUNS, pointer="file:///models/v1"), False),
    "was evicted": (pod(CRASHED, phase="Failed"), False),
    "is being deleted": (pod(RUNS, deletionTimestamp="2026-11-24T12:00:00Z"), False),
}


@pytest.mark.parametrize("name", PODS)
def test_which_pod_says_something_of_the_weights(name: str) -> None:
    found, says = PODS[name]
    assert has_run_unready([found], NEW) is says
