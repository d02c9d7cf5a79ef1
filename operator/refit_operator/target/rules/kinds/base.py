"""What the operator asks of a kind of workload: where its pointer is, who reads it, and how far its rollout is. Pure.

Every other rule asks a target's kind, and names none. A new kind is a class here and its place in KINDS.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from refit_operator.api.base import CHECKPOINT_ANNOTATION
from refit_operator.api.pointer import ANNOTATIONS, Fields, Path, annotations_of, value_at
from refit_operator.target.rules.objections import disagreement
from refit_operator.target.rules.readers import Reader, readers_of
from refit_operator.target.rules.rollout import Rollout

Document = dict[str, Any]
KindName = tuple[str, str]
"""apiVersion and kind."""
REPLICA_SET = ("apps/v1", "ReplicaSet")
CONTROLLER_REVISION = ("apps/v1", "ControllerRevision")


@dataclass(frozen=True)
class Made:
    """Another object to read: what a target's controller makes of it, where the rollout shows there alone."""

    kind: KindName
    name: str


@dataclass(frozen=True)
class Found:
    """A target as it was read, and what its controller made of it; None where that isn't there, or nothing is read."""

    document: Document
    made: Document | None = None

    @property
    def spec(self) -> Document:
        """The target's spec."""
        return dict(self.document["spec"])

    @property
    def status(self) -> Document:
        """The target's status, empty where it has none yet."""
        return dict(self.document.get("status") or {})

    @property
    def workload(self) -> Document:
        """The object that has the pods' template and selector."""
        return self.made or self.document


class Kind(ABC):
    """A kind of target. As it is here, it has a pod template at spec.template, whose pods ReplicaSets control."""

    api_version: ClassVar[str] = "apps/v1"
    name: ClassVar[str]
    plural: ClassVar[str]
    installed_by: ClassVar[str] = ""
    """What has to be installed for the kind to be served; empty: it always is."""
    annotations_path: ClassVar[Path] = ("spec", "template", "metadata", "annotations")
    takes_claim_uris: ClassVar[bool] = False
    """Whether the pointer names a claim as pvc://, and not as a path in the server's own mount."""

    @property
    def identity(self) -> KindName:
        """Its apiVersion and kind."""
        return self.api_version, self.name

    def annotations(self, target: Document) -> dict[str, str]:
        """Return the annotations that the target's pods get."""
        return dict(value_at(target, self.annotations_path) or {})

    def pointer(self, target: Document) -> str:
        """Return the pointer, empty where there is none."""
        return self.annotations(target).get(CHECKPOINT_ANNOTATION, "")

    def pointer_path(self, _target: Document) -> Path:
        """Return the field that holds the pointer."""
        return (*self.annotations_path, CHECKPOINT_ANNOTATION)

    def fields(self, pointer: str) -> Fields:
        """Return what a pointer is written as, and all that the operator may write on such a target."""
        values = {(*self.annotations_path, name): value for name, value in annotations_of(pointer).items()}
        return Fields(self.identity, values, tuple((*self.annotations_path, name) for name in ANNOTATIONS))

    def readers(self, target: Document) -> tuple[Reader, ...]:
        """Return what reads the pointer."""
        return readers_of(value_at(target, ("spec", "template", "spec")) or {"containers": []})

    def wiring(self, _target: Document) -> str:
        """Return why nothing can read a pointer on such a target, in the kind's own words; empty: nothing special."""
        return ""

    def disagreement(self, target: Document, readers: tuple[Reader, ...]) -> tuple[Path, str]:
        """Return the field that contradicts the pointer to whoever reads it, and how; empty words: none does."""
        name, words = disagreement(readers, self.annotations(target))
        return (*self.annotations_path, name), words

    def owned_before(self, _target: Document) -> Path | None:
        """Return a field of the pointer that a manifest may have before any promotion; None: it has none."""
        return None

    def made(self, _target: Document) -> Made | None:
        """Return what else has to be read to know of the rollout; None: the target says it all."""
        return None

    def pods_through(self, _found: Found) -> tuple[KindName, ...] | None:
        """Return the kinds between the workload and its pods, by who controls whom; None: its pods can't be told."""
        return (REPLICA_SET,)

    def revisions(self, _found: Found) -> KindName | None:
        """Return the kind that keeps the templates that the workload has had; None: they can't be read."""
        return REPLICA_SET

    def pointer_of_revision(self, revision: Document) -> str:
        """Return the pointer in a template that the workload has had."""
        return str((value_at(revision, self.annotations_path) or {}).get(CHECKPOINT_ANNOTATION, ""))

    @abstractmethod
    def rollout(self, found: Found) -> Rollout:
        """Return how far the rollout of the newest template is."""

    @abstractmethod
    def obstacle(self, found: Found) -> str:
        """Return what keeps the target from rolling anything out by itself, empty where nothing is known to.

        A rollout of what serves that failed is none: a new checkpoint may be just what its pods lack.
        """

    def stuck(self, _found: Found) -> str:
        """Return what is said of a rollout that missed its deadline halfway, empty where there is none."""
        return ""

    def replica_failure(self, _found: Found) -> str:
        """Return why pods can't be created, such as a quota, in the API server's words; else empty."""
        return ""

    def needs_room(self, _found: Found) -> bool:
        """Return whether a rollout starts with one more pod, because none may be missing."""
        return False

    def progressed(self, _found: Found) -> datetime | None:
        """Return when a rollout whose steps take their own time went on last; None: it has no such steps."""
        return None


def halt_of(target: Document, kind: str) -> str:
    """Return what keeps any workload with spec.replicas from moving; empty: nothing."""
    if target["metadata"].get("deletionTimestamp"):
        return f"the {kind} is being deleted"
    return f"the {kind} is at zero replicas" if target["spec"].get("replicas", 1) == 0 else ""


def is_unseen(target: Document) -> bool:
    """Return whether the target's controller hasn't acted on the newest change: no pod has come of it."""
    seen = (target.get("status") or {}).get("observedGeneration", 0)
    return bool(seen < target["metadata"].get("generation", 1))


def condition_in(status: Document, kind: str) -> Document:
    """Return a condition of a status, empty where it isn't there."""
    return next((dict(c) for c in status.get("conditions") or () if c.get("type") == kind), {})


def failure_in(status: Document) -> str:
    """Return what the condition ReplicaFailure says, where it is true."""
    failed = condition_in(status, "ReplicaFailure")
    if failed.get("status") != "True":
        return ""
    return f"{failed.get('reason') or 'ReplicaFailure'}: {failed.get('message') or 'no message'}"
