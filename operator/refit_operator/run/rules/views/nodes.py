"""Nodes that aren't ready, and the pods on them: of these nothing is known until the node is ready again. Pure."""

from refit_operator.api.reasons import Reason
from refit_operator.run.rules.views.documents import Document, is_over

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
"""The taint by which an administrator says that a node is off, so that Kubernetes deletes its pods for good."""


def nodes_of(pods: list[Document]) -> list[str]:
    """Return the nodes of the pods that aren't over."""
    found = ((pod.get("spec") or {}).get("nodeName") for pod in pods if not is_over(pod))
    return sorted({name for name in found if name})


def lost_with_node(pod: Document, nodes: list[Document]) -> tuple[Reason, str] | None:
    """Return why nothing is known of a pod, None where its node is ready or not known."""
    name = (pod.get("spec") or {}).get("nodeName")
    trouble = next((_trouble(node) for node in nodes if node["metadata"]["name"] == name), "")
    if not trouble or is_over(pod):
        return None
    where = f"pod {pod['metadata']['name']} is on node {name}, which isn't ready: {trouble}"
    return Reason.NODE_NOT_READY, f"{where}; {_outlook(pod)}"


def _outlook(pod: Document) -> str:
    """Return what has to happen for the training to go on."""
    if "deletionTimestamp" not in pod["metadata"]:
        return "it goes on if the node is ready again in time"
    way = f"the next attempt starts once the node is ready, deleted, or tainted {OUT_OF_SERVICE}"
    return f"it is being deleted, and {way}"


def _trouble(node: Document) -> str:
    """Return why a node isn't ready, empty where it is."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    ready = next((c for c in conditions if c["type"] == "Ready"), None)
    if ready is None or ready["status"] == "True":
        return ""
    return str(ready.get("message") or ready.get("reason") or ready["status"]).rstrip(".")
