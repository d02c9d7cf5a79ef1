"""StatefulSets: how far a rollout is, as `kubectl rollout status` has it, and what holds one up for good. Pure.

They replace one pod after the other, the highest number first, and take each away before the next is there. They have
no progress deadline, so that serving.rolloutDeadline alone ends a rollout.
"""

from refit_operator.api.pointer import value_at
from refit_operator.target.rules.kinds.base import (
    CONTROLLER_REVISION,
    Document,
    Found,
    Kind,
    KindName,
    halt_of,
    is_unseen,
)
from refit_operator.target.rules.rollout import Complete, Halted, Progressing, Rollout

FORCED_ROLLBACK = (
    "a pod of the template before that never became ready isn't replaced (podManagementPolicy OrderedReady): "
    "delete it, and the StatefulSet goes on"
)


class StatefulSetKind(Kind):
    """StatefulSets of apps/v1."""

    name = "StatefulSet"
    plural = "statefulsets"

    def pods_through(self, _found: Found) -> tuple[KindName, ...] | None:
        """Return nothing: a StatefulSet controls its pods itself."""
        return ()

    def revisions(self, _found: Found) -> KindName | None:
        """Return ControllerRevisions, which keep the templates that it has had."""
        return CONTROLLER_REVISION

    def pointer_of_revision(self, revision: Document) -> str:
        """Return the pointer in a ControllerRevision, whose data is a part of the StatefulSet."""
        return super().pointer_of_revision(revision.get("data") or {})

    def rollout(self, found: Found) -> Rollout:
        """Return how far it is: complete once every pod is of the newest revision and available."""
        obstacle = self.obstacle(found)
        if obstacle:
            return Halted(obstacle)
        if is_unseen(found.document):
            return Progressing("the StatefulSet's controller hasn't seen the change yet")
        return _count_pods(found.spec, found.status)

    def obstacle(self, found: Found) -> str:
        """Return what keeps it from replacing its pods by itself: OnDelete, a partition, zero replicas, a deletion."""
        return halt_of(found.document, "StatefulSet") or _strategy_of(found.spec)


def _strategy_of(spec: Document) -> str:
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return "its updateStrategy is OnDelete, so that nothing replaces its pods but whoever deletes them"
    partition = value_at(strategy, ("rollingUpdate", "partition")) or 0
    if partition:
        return f"its updateStrategy has partition {partition}, so that the pods below that number are never replaced"
    return ""


def _count_pods(spec: Document, status: Document) -> Rollout:
    wanted = spec.get("replicas", 1)
    updated, available = status.get("updatedReplicas") or 0, status.get("availableReplicas") or 0
    total = status.get("replicas") or 0
    one_revision = status.get("currentRevision") == status.get("updateRevision")
    if one_revision and updated == available == total == wanted:
        return Complete()
    is_ordered = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
    is_going_back = one_revision and updated < min(total, wanted) and is_ordered
    words = f"{updated} of {wanted} pods updated, {available} available"
    return Progressing(f"{words}; {FORCED_ROLLBACK}" if is_going_back else words)
