"""The part of an object's metadata that decisions rest on, and how objects are referred to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from refit_operator.api.base import ApiModel


class OwnerReference(ApiModel):
    """An owner of an object."""

    kind: str
    name: str
    uid: str
    controller: bool = False


class ObjectMeta(ApiModel):
    """Metadata of an object that exists."""

    name: str
    namespace: str
    uid: str
    generation: int = 1
    resource_version: str = ""
    creation_timestamp: datetime
    deletion_timestamp: datetime | None = None
    annotations: dict[str, str] = Field(default={})
    labels: dict[str, str] = Field(default={})
    owner_references: tuple[OwnerReference, ...] = ()

    def is_owned_by(self, uid: str) -> bool:
        """Return whether the controlling owner has that UID."""
        return any(owner.controller and owner.uid == uid for owner in self.owner_references)


class Owned(ApiModel):
    """Any object, of which only the owner matters."""

    metadata: ObjectMeta


def owner_of(document: dict[str, Any]) -> str:
    """Return the UID of the object that controls it, empty where none does."""
    owners = document["metadata"].get("ownerReferences") or ()
    return next((str(owner["uid"]) for owner in owners if owner.get("controller")), "")


def managers_at(document: dict[str, Any], path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the field managers that own a field of the object, by its managedFields.

    Who removed a field isn't recorded there (seen after `kubectl rollout undo`).
    """
    entries = document["metadata"].get("managedFields") or ()
    return tuple(entry["manager"] for entry in entries if _has(entry.get("fieldsV1"), path))


def _has(fields: Any, path: tuple[str, ...]) -> bool:
    for key in path:
        fields = fields.get(f"f:{key}") if isinstance(fields, dict) else None
    return fields is not None


@dataclass(frozen=True, order=True)
class Ref:
    """Namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
