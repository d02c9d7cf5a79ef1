"""Whether a pod of the target tried the candidate: else a rollout that failed says nothing of its weights. Pure."""

from datetime import datetime

from refit_operator.api.base import CHECKPOINT_ANNOTATION
from refit_operator.api.run import PointerChange
from refit_operator.run.rules.views.documents import Document, condition_of, is_over
from refit_operator.target.rules.in_place import InPlaceTarget
from refit_operator.target.rules.pod_models import are_weights_refused
from refit_operator.target.rules.view import TargetView

BAD_INPUT = 64
"""The exit code of a server that refuses its model."""


def has_tried(target: TargetView, pods: list[Document], change: PointerChange) -> bool:
    """Return whether a pod of the target tried the candidate, and it is the candidate that failed.

    In place a pod says itself what it refuses; one that restarts meanwhile ends with 64 where it refuses its model. Any
    other end of it, too little memory among them, says nothing of the weights.
    """
    if not isinstance(target, InPlaceTarget):
        return has_run_unready(pods, change.new)
    return are_weights_refused(target.pods, change.new) or any(_refused_since(pod, change.time) for pod in pods)


def _refused_since(pod: Document, time: datetime) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    states = (c.get(key) or {} for c in statuses for key in ("state", "lastState"))
    ends = (state.get("terminated") or {} for state in states)
    return any(
        end.get("exitCode") == BAD_INPUT and datetime.fromisoformat(end["finishedAt"]) >= time
        for end in ends
        if end.get("finishedAt")
    )


def has_run_unready(pods: list[Document], pointer: str) -> bool:
    """Return whether a container of a pod with that pointer runs or ran, and the pod isn't ready.

    A pod that the cluster evicted, or that is being deleted, is no witness.
    """
    return any(_ran(pod) and condition_of(pod, "Ready") is None for pod in pods if _is_of(pod, pointer))


def _is_of(pod: Document, pointer: str) -> bool:
    meta = pod["metadata"]
    carries = (meta.get("annotations") or {}).get(CHECKPOINT_ANNOTATION, "") == pointer
    return carries and not meta.get("deletionTimestamp") and not is_over(pod)


def _ran(pod: Document) -> bool:
    """Return whether a container of the pod runs without being ready, or ended with an error."""
    status = pod.get("status") or {}
    servers, before = status.get("containerStatuses") or (), status.get("initContainerStatuses") or ()
    runs = any("running" in (c.get("state") or {}) and not c.get("ready") for c in servers)
    return runs or any(_has_failed(container) for container in (*before, *servers))


def _has_failed(container: Document) -> bool:
    endings = (container.get("state") or {}, container.get("lastState") or {})
    return any((ending.get("terminated") or {}).get("exitCode") for ending in endings)
