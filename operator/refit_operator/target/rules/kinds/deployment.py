"""Deployments: how far a rollout is, as `kubectl rollout status` has it. Pure."""

from typing import Any

from refit_operator.target.rules.kinds.base import (
    Document,
    Found,
    Kind,
    condition_in,
    failure_in,
    halt_of,
    is_unseen,
)
from refit_operator.target.rules.rollout import Complete, Failed, Halted, Progressing, Rollout
from refit_operator.target.rules.room import may_miss_none


class DeploymentKind(Kind):
    """Deployments of apps/v1."""

    name = "Deployment"
    plural = "deployments"

    def rollout(self, found: Found) -> Rollout:
        """Return how far the rollout is; it has failed where it missed the Deployment's progressDeadlineSeconds."""
        return rollout_of(found.workload)

    def obstacle(self, found: Found) -> str:
        """Return what keeps it from rolling out: a pause, zero replicas, a deletion, pods that can't be created."""
        return _halt(found.workload) or self.replica_failure(found)

    def stuck(self, found: Found) -> str:
        """Return what the Deployment says of a rollout over its deadline that goes no further.

        Where every pod is of the newest template there is none: they may fail with the checkpoint that they serve.
        """
        deployment = found.workload
        rollout, status = rollout_of(deployment), deployment.get("status") or {}
        updated, total = status.get("updatedReplicas") or 0, status.get("replicas") or 0
        is_halfway = updated < deployment["spec"].get("replicas", 1) or total > updated
        return rollout.message if isinstance(rollout, Failed) and is_halfway else ""

    def replica_failure(self, found: Found) -> str:
        """Return what its condition ReplicaFailure says."""
        return failure_in(found.workload.get("status") or {})

    def needs_room(self, found: Found) -> bool:
        """Return whether its rolling update may take no pod away."""
        spec = found.workload["spec"]
        strategy = spec.get("strategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            return False
        return may_miss_none(strategy.get("rollingUpdate") or {}, spec.get("replicas", 1))


def rollout_of(deployment: Document) -> Rollout:
    """Return how far the rollout of a Deployment's newest template is."""
    spec, status = deployment["spec"], deployment.get("status") or {}
    halt = _halt(deployment)
    if halt:
        return Halted(halt)
    if is_unseen(deployment):
        return Progressing("the Deployment's controller hasn't seen the change yet")
    progressing = condition_in(status, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return Failed(progressing.get("message") or progressing["reason"])
    return _count_pods(spec.get("replicas", 1), status)


def _halt(deployment: Document) -> str:
    paused = "the Deployment is paused" if deployment["spec"].get("paused") else ""
    deleted = deployment["metadata"].get("deletionTimestamp")
    return (not deleted and paused) or halt_of(deployment, "Deployment")


def _count_pods(wanted: int, status: dict[str, Any]) -> Rollout:
    updated = status.get("updatedReplicas") or 0
    available = status.get("availableReplicas") or 0
    total = status.get("replicas") or 0
    if updated == wanted and available == wanted and total == updated:
        return Complete()
    old = f", {total - updated} of the template before left" if total > updated else ""
    return Progressing(f"{updated} of {wanted} pods updated, {available} available{old}")
