"""What a Deployment says about its model: the pointer it carries, who reads it, and where claims are mounted.

The pointer is written in the server's terms: `pvc://models/x` becomes `file:///<mount path>/x`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from refit_operator.api.base import CHECKPOINT_ANNOTATION
from refit_operator.api.metadata import managers_of, owner_of
from refit_operator.api.uris import leads_out, parse_claim_uri, parse_pointer
from refit_operator.target.rules.objections import WIRING, disagreement, scattered, unmounted, unread
from refit_operator.target.rules.readers import Reader, readers_of
from refit_operator.target.rules.rollout import Rollout, rollout_of


@dataclass(frozen=True)
class TargetView:
    """A Deployment, read at one moment. `document` is what was read, for writing back to exactly that object."""

    uid: str
    pointer: str
    readers: tuple[Reader, ...]
    document: dict[str, Any]

    @property
    def reads_pointer(self) -> bool:
        """Whether any container of the pod reads the pointer."""
        return bool(self.readers)

    @property
    def carrier(self) -> str:
        """What the pointer is in, for messages."""
        return f"annotation {CHECKPOINT_ANNOTATION}"

    @property
    def wiring(self) -> str:
        """What to do where nothing reads the pointer."""
        return WIRING

    def rollout_to(self, pointer: str) -> Rollout:
        """Return how far the target is on its way to a pointer that is written: every pod is a new one then."""
        return rollout_of(self.document)

    @property
    def selector(self) -> str:
        """The labels that its ReplicaSets and pods have, as a label selector."""
        selector = self.document["spec"].get("selector") or {}
        labels = sorted((selector.get("matchLabels") or {}).items())
        expressions = map(_requirement, selector.get("matchExpressions") or ())
        return ",".join([*(f"{key}={value}" for key, value in labels), *expressions])

    @property
    def pointer_managers(self) -> tuple[str, ...]:
        """The field managers that own the pointer; empty where there is none, or none owns it."""
        return managers_of(self.document, CHECKPOINT_ANNOTATION)

    @cached_property
    def disagreement(self) -> str:
        """How an annotation that a container reads contradicts the pointer, and who set it; empty where none does."""
        annotation, words = disagreement(self.readers, _annotations(self.document))
        if not words or annotation == CHECKPOINT_ANNOTATION:
            return words
        managers = ", ".join(f'"{manager}"' for manager in managers_of(self.document, annotation))
        by = f" (field manager {managers})" if managers else ""
        return f"annotation {annotation}{by} {words}"

    def to_server_uri(self, uri: str) -> str | None:
        """Return the URI as every container that reads the pointer sees it; None where there is none for all."""
        place = parse_claim_uri(uri)
        if unread(self.readers, uri) or (place and unmounted(self.readers, place)):
            return None
        if place is None:
            return uri
        paths = (path for reader in self.readers for path in reader.paths_of(place))
        shared = (path for path in paths if all(reader.agrees(path, place) for reader in self.readers))
        return next((f"file://{path}" for path in shared), None)

    def objection_to(self, uri: str) -> str:
        """Return why the containers that read the pointer can't be given that URI, empty where they can."""
        place = parse_claim_uri(uri)
        if not self.readers:
            return self.wiring
        if self.to_server_uri(uri):
            return ""
        return (
            unread(self.readers, uri)
            or (place and (unmounted(self.readers, place) or scattered(self.readers, place)))
            or ""
        )

    def objection_to_pointer(self, text: str) -> str:
        """Return why the containers can't read a pointer in the server's terms that served before; empty: they can."""
        pointer = parse_pointer(text)
        if not self.readers:
            return self.wiring
        return unread(self.readers, pointer.uri) if pointer else ""

    def to_claim_uri(self, uri: str) -> str:
        """Return the `pvc://` form of a server's `file://` URI; any other URI as it is."""
        path = uri.removeprefix("file://") if uri.startswith("file://") else ""
        places = (place for reader in self.readers if not leads_out(path) and (place := reader.place_of(path)))
        return next((place.uri for place in places), uri)


def _requirement(expression: dict[str, Any]) -> str:
    """Return an entry of matchExpressions as a label selector has it."""
    key, values = expression["key"], ",".join(expression.get("values") or ())
    forms: dict[str, str] = {
        "In": f"{key} in ({values})",
        "NotIn": f"{key} notin ({values})",
        "Exists": key,
        "DoesNotExist": f"!{key}",
    }
    return forms[expression["operator"]]


def parse_target(deployment: dict[str, Any]) -> TargetView:
    """Return the view of a Deployment as the API server gave it."""
    pod = deployment["spec"]["template"]["spec"]
    return TargetView(
        uid=deployment["metadata"]["uid"],
        pointer=_pointer(deployment),
        readers=readers_of(pod),
        document=deployment,
    )


def _pointer(owner: dict[str, Any]) -> str:
    """Return the pointer in the pod template of a Deployment or a ReplicaSet."""
    return _annotations(owner).get(CHECKPOINT_ANNOTATION, "")


def _annotations(owner: dict[str, Any]) -> dict[str, str]:
    return dict((owner["spec"]["template"].get("metadata") or {}).get("annotations") or {})


def pointers_of(target: TargetView, replica_sets: list[dict[str, Any]]) -> set[str]:
    """Return the pointers of the templates that the target has had, as far back as its ReplicaSets are kept."""
    return {_pointer(found) for found in replica_sets if owner_of(found) == target.uid}
