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


def inference_service(
    uri: str | None = "s3://models/v1", notes: dict[str, str] | None = None, mode: str = "Standard", **predictor: Any
) -> dict[str, Any]:
    """Return an InferenceService of KServe in that deployment mode, whose model has that storageUri."""
    model = {"modelFormat": {"name": "huggingface"}} | ({"storageUri": uri} if uri else {})
    found = {"model": model} | ({"annotations": notes} if notes else {}) | predictor
    meta = {"name": "reviews", "namespace": "shop", "uid": "target-uid", "generation": 3, "resourceVersion": "30"}
    return {"metadata": meta, "spec": {"predictor": found}, "status": {"deploymentMode": mode}}


def predictor_deployment(pointer: str = "", **status: Any) -> dict[str, Any]:
    """Return the Deployment that KServe makes of it, which carries the predictor's annotations."""
    meta = {"name": "reviews-predictor", "uid": "made-uid"}
    return dict(merge(deployment(pointer, **status), {"kind": "Deployment", "metadata": meta}))


def knative_service(pointer: str = "", share: int = 100, **status: Any) -> dict[str, Any]:
    """Return the Knative Service that KServe makes of it, whose newest revision is ready and gets that share."""
    ready = {
        "observedGeneration": 2,
        "latestCreatedRevisionName": "reviews-predictor-00002",
        "latestReadyRevisionName": "reviews-predictor-00002",
        "traffic": [{"latestRevision": True, "revisionName": "reviews-predictor-00002", "percent": share}],
        "conditions": [{"type": "ConfigurationsReady", "status": "True"}, {"type": "RoutesReady", "status": "True"}],
    }
    notes = {"annotations": {"refit.dev/checkpoint": pointer} if pointer else {}}
    return {
        "kind": "Service",
        "metadata": {"name": "reviews-predictor", "uid": "made-uid", "generation": 2},
        "spec": {"template": {"metadata": notes, "spec": {"containers": []}}},
        "status": ready | status,
    }
