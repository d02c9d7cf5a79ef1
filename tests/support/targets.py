"""Targets of kinds beside Deployments, as the API server has them: each whole, then changed where a case differs."""

from typing import Any

from refit_operator.target.rules.kinds import KINDS
from refit_operator.target.rules.view import TargetView, parse_target
from tests.support.samples import deployment, merge


def stateful_set(pointer: str = "", spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    """Return a StatefulSet of two pods that has rolled out; its revisions as its controller names them."""
    revisions: dict[str, Any] = {"currentRevision": "reviews-1", "updateRevision": "reviews-1", "readyReplicas": 2}
    return dict(merge(deployment(pointer, **(revisions | status)), {"spec": spec or {}}))


def view(document: dict[str, Any], kind: str = "StatefulSet", made: dict[str, Any] | None = None) -> TargetView:
    """Return the view of a target of that kind."""
    return parse_target(document, KINDS[kind], made)


def argo_rollout(pointer: str = "", spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    """Return an Argo Rollout of two pods with three canary steps that is healthy, as its controller's status has it."""
    steps = [{"setWeight": 50}, {"pause": {}}, {"setWeight": 100}]
    healthy: dict[str, Any] = {
        "observedGeneration": "3",
        "phase": "Healthy",
        "stableRS": "abc",
        "currentPodHash": "abc",
        "currentStepIndex": 3,
        "conditions": [progressing("NewReplicaSetAvailable", "ReplicaSet has successfully progressed.")],
    }
    canary = {"strategy": {"canary": {"steps": steps}}}
    return dict(merge(deployment(pointer, **(healthy | status)), {"spec": merge(canary, spec or {})}))


def progressing(reason: str, message: str, status: str = "True", time: str = "2026-11-24T11:59:00Z") -> dict[str, Any]:
    """Return the condition Progressing of an Argo Rollout."""
    times = {"lastTransitionTime": "2026-11-24T11:00:00Z", "lastUpdateTime": time}
    return {"type": "Progressing", "status": status, "reason": reason, "message": message} | times
