"""The part of an object's metadata that decisions look at, and how we refer to objects."""

from dataclasses import dataclass
from datetime import datetime

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
    """Any object, for the question whose it is."""

    metadata: ObjectMeta


@dataclass(frozen=True, order=True)
class Ref:
    """Namespace and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
