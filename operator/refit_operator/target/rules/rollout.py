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
    """Paused or at zero replicas: nothing moves until somebody changes that."""

    message: str


Rollout = Complete | Progressing | Failed | Halted


def rollout_of(deployment: dict[str, Any]) -> Rollout:
    """Return how far the rollout of the newest template is."""
    spec, status = deployment["spec"], deployment.get("status") or {}
    wanted = spec.get("replicas", 1)
    if spec.get("paused"):
        return Halted("the Deployment is paused")
    if wanted == 0:
        return Halted("the Deployment is at zero replicas")
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 1):
        return Progressing("the Deployment's controller hasn't seen the change yet")
    stuck = _deadline_message(status)
    if stuck:
        return Failed(stuck)
    return _count_pods(wanted, status)


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
    return Progressing(f"{updated} of {wanted} pods updated, {available} available, {total - updated} old ones left")
