"""Argo Rollouts: how far an update is, by the status that its controller writes. Pure.

`status.phase` counts once `status.observedGeneration` is the object's, as the CustomResourceDefinition says of it. The
phases: Healthy, Progressing, Paused, Degraded.
"""

from datetime import datetime

from refit_operator.api.pointer import value_at
from refit_operator.target.rules.kinds.base import (
    Document,
    Found,
    Kind,
    condition_in,
    failure_in,
    halt_of,
)
from refit_operator.target.rules.readers import Reader
from refit_operator.target.rules.rollout import Complete, Failed, Halted, Progressing, Rollout, Waiting
from refit_operator.target.rules.room import may_miss_none

ABORTED = "RolloutAborted"
TIMED_OUT = "timed out progressing"
"""What it says of an abort by progressDeadlineAbort; any other is the verdict of an analysis, or of who aborts."""
UNSEEN = "the Rollout's controller hasn't seen the change yet"
BY_REFERENCE = (
    "spec.workloadRef: the pod template is another object's, and the pointer is written into the Rollout's own; put "
    "the template into the Rollout"
)


class ArgoRolloutKind(Kind):
    """Rollouts of Argo Rollouts."""

    api_version = "argoproj.io/v1alpha1"
    name = "Rollout"
    plural = "rollouts"
    installed_by = "Argo Rollouts"

    def readers(self, target: Document) -> tuple[Reader, ...]:
        """Return what reads the pointer: nothing, where the template is another object's."""
        return () if self.wiring(target) else super().readers(target)

    def wiring(self, target: Document) -> str:
        """Return that the template is another object's, where it is."""
        return BY_REFERENCE if target["spec"].get("workloadRef") else ""

    def rollout(self, found: Found) -> Rollout:
        """Return how far it is: complete once it is Healthy and the newest template is the stable one.

        A pause of its own steps is no standstill: its deadline doesn't count then. An abort is a verdict.
        """
        halt = _halt(found.document)
        if halt:
            return Halted(halt)
        if _is_unseen(found.document):
            return Progressing(UNSEEN)
        return _phase(found.spec, found.status)

    def obstacle(self, found: Found) -> str:
        """Return what keeps it from rolling out: spec.paused, zero replicas, a deletion, an invalid spec, a quota."""
        invalid = condition_in(found.status, "InvalidSpec")
        words = f"InvalidSpec: {invalid.get('message')}" if invalid and not _is_unseen(found.document) else ""
        return _halt(found.document) or words or self.replica_failure(found)

    def stuck(self, found: Found) -> str:
        """Return what it says of an update over its progressDeadlineSeconds that isn't stable."""
        progressing, status = condition_in(found.status, "Progressing"), found.status
        is_halfway = status.get("stableRS") != status.get("currentPodHash")
        is_over = progressing.get("reason") == "ProgressDeadlineExceeded" and not _is_unseen(found.document)
        return str(progressing.get("message") or progressing["reason"]) if is_over and is_halfway else ""

    def replica_failure(self, found: Found) -> str:
        """Return what its condition ReplicaFailure says."""
        return failure_in(found.status)

    def needs_room(self, found: Found) -> bool:
        """Return whether it starts with one more pod: blue-green and traffic routing do, a canary by its bounds."""
        strategy = found.spec.get("strategy") or {}
        canary = strategy.get("canary") or {}
        if "blueGreen" in strategy or canary.get("trafficRouting"):
            return True
        return may_miss_none(canary, found.spec.get("replicas", 1))

    def progressed(self, found: Found) -> datetime | None:
        """Return when its condition Progressing was updated last: at each step, each pod, and the end of each pause."""
        updated = condition_in(found.status, "Progressing").get("lastUpdateTime")
        return datetime.fromisoformat(updated) if updated else None


def _halt(rollout: Document) -> str:
    paused = "the Rollout is paused (spec.paused)" if rollout["spec"].get("paused") else ""
    deleted = rollout["metadata"].get("deletionTimestamp")
    return (not deleted and paused) or halt_of(rollout, "Rollout")


def _is_unseen(rollout: Document) -> bool:
    """Return whether the status is of an older spec. The generation that was seen is a string there."""
    seen = (rollout.get("status") or {}).get("observedGeneration")
    return str(seen) != str(rollout["metadata"].get("generation", 1))


def _phase(spec: Document, status: Document) -> Rollout:
    phase, message = status.get("phase"), str(status.get("message") or "")
    if phase == "Degraded":
        return _degraded(status, message)
    pauses = [str(pause.get("reason")) for pause in status.get("pauseConditions") or ()]
    if phase == "Paused" and pauses:
        return Waiting(f"paused{_step(spec, status)} ({', '.join(pauses)}), until its time is over or it is promoted")
    if phase == "Healthy" and status.get("stableRS") and status.get("stableRS") == status.get("currentPodHash"):
        return Complete()
    updated, available = status.get("updatedReplicas") or 0, status.get("availableReplicas") or 0
    words = f"{updated} of {spec.get('replicas', 1)} pods updated, {available} available"
    return Progressing(f"{message}{_step(spec, status)}: {words}" if message else f"{words}{_step(spec, status)}")


def _degraded(status: Document, message: str) -> Rollout:
    """Return what failed. Who aborts, by hand or by an analysis, says that the candidate is bad; a deadline doesn't."""
    progressing = condition_in(status, "Progressing")
    words = message or str(progressing.get("message") or "Degraded")
    is_abort = bool(status.get("abort")) or progressing.get("reason") == ABORTED
    return Failed(words, is_verdict=is_abort and TIMED_OUT not in words)


def _step(spec: Document, status: Document) -> str:
    """Return at which step of a canary it is."""
    steps, index = value_at(spec, ("strategy", "canary", "steps")) or (), status.get("currentStepIndex")
    return f" in step {index + 1} of {len(steps)}" if index is not None and index < len(steps) else ""
