"""How far a Deployment's rollout is, as `kubectl rollout status` has it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Complete:
    """Every pod is of the newest template and available."""


@dataclass(frozen=True)
class Progressing:
    """Pods are still being replaced."""

    message: str


@dataclass(frozen=True)
class Failed:
    """It missed the Deployment's own progressDeadlineSeconds.

    The condition outlives a change back to an older template until its pods are there, with the strategy
    Recreate for as long as they start (seen), so that it condemns nothing then.
    """

    message: str


@dataclass(frozen=True)
class Halted:
    """Paused, at zero replicas, or being deleted: nothing moves until somebody changes that."""

    message: str


Rollout = Complete | Progressing | Failed | Halted


def rollout_of(deployment: dict[str, Any]) -> Rollout:
    """Return how far the rollout of the newest template is."""
    spec, status = deployment["spec"], deployment.get("status") or {}
    halt = _halt(deployment)
    if halt:
        return Halted(halt)
    if is_unseen(deployment):
        return Progressing("the Deployment's controller hasn't seen the change yet")
    stuck = _deadline_message(status)
    if stuck:
        return Failed(stuck)
    return _count_pods(spec.get("replicas", 1), status)


def is_unseen(deployment: dict[str, Any]) -> bool:
    """Return whether the controller of Deployments hasn't acted on the newest change: no pod has come of it."""
    seen = (deployment.get("status") or {}).get("observedGeneration", 0)
    return bool(seen < deployment["metadata"].get("generation", 1))


def obstacle_of(deployment: dict[str, Any]) -> str:
    """Return what keeps the Deployment from rolling anything out, empty where nothing is known to.

    A rollout of what serves that failed is none: a new checkpoint may be just what its pods lack.
    """
    return _halt(deployment) or replica_failure(deployment)


def stuck_rollout(deployment: dict[str, Any]) -> str:
    """Return what the Deployment says of a rollout that missed its progressDeadlineSeconds and goes no further, empty
    where there is none.

    Where every pod is of the newest template there is none: they may fail with the checkpoint that they serve.
    """
    rollout, status = rollout_of(deployment), deployment.get("status") or {}
    updated, total = status.get("updatedReplicas") or 0, status.get("replicas") or 0
    is_halfway = updated < deployment["spec"].get("replicas", 1) or total > updated
    return rollout.message if isinstance(rollout, Failed) and is_halfway else ""


def _halt(deployment: dict[str, Any]) -> str:
    if deployment["metadata"].get("deletionTimestamp"):
        return "the Deployment is being deleted"
    if deployment["spec"].get("paused"):
        return "the Deployment is paused"
    return "the Deployment is at zero replicas" if deployment["spec"].get("replicas", 1) == 0 else ""


def replica_failure(deployment: dict[str, Any]) -> str:
    """Return why pods of the Deployment can't be created, such as a quota, in the API server's words; else empty."""
    conditions = (deployment.get("status") or {}).get("conditions") or ()
    failed = next((c for c in conditions if c["type"] == "ReplicaFailure" and c["status"] == "True"), None)
    if failed is None:
        return ""
    return f"{failed.get('reason') or 'ReplicaFailure'}: {failed.get('message') or 'no message'}"


def _deadline_message(status: dict[str, Any]) -> str | None:
    conditions = status.get("conditions") or ()
    found = (c for c in conditions if c["type"] == "Progressing" and c.get("reason") == "ProgressDeadlineExceeded")
    return next((c.get("message") or c["reason"] for c in found), None)


def _count_pods(wanted: int, status: dict[str, Any]) -> Rollout:
    updated = status.get("updatedReplicas") or 0
    available = status.get("availableReplicas") or 0
    total = status.get("replicas") or 0
    if updated == wanted and available == wanted and total == updated:
        return Complete()
    old = f", {total - updated} of the template before left" if total > updated else ""
    return Progressing(f"{updated} of {wanted} pods updated, {available} available{old}")
