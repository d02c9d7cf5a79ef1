"""Whether a pod of the target tried the candidate: else a rollout that failed says nothing of its weights. Pure."""

from refit_operator.api.base import CHECKPOINT_ANNOTATION
from refit_operator.run.rules.views.documents import Document, condition_of, is_over


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
