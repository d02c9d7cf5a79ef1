"""What a target says about its model: the pointer it carries, who reads it, and where claims are mounted.

The pointer is written in the server's terms: `pvc://models/x` becomes `file:///<mount path>/x`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from refit_operator.api.base import FIELD_MANAGER
from refit_operator.api.metadata import managers_at, owner_of
from refit_operator.api.pointer import Fields, Path, show_path
from refit_operator.api.uris import leads_out, parse_claim_uri, parse_pointer
from refit_operator.target.rules.kinds import DEPLOYMENT
from refit_operator.target.rules.kinds.base import Found, Kind
from refit_operator.target.rules.objections import WIRING, scattered, unmounted, unread
from refit_operator.target.rules.readers import Reader
from refit_operator.target.rules.rollout import Rollout


@dataclass(frozen=True)
class TargetView:
    """A target, read at one moment. `found` has what was read, for writing back to exactly that object."""

    uid: str
    pointer: str
    readers: tuple[Reader, ...]
    found: Found
    kind: Kind = DEPLOYMENT

    @property
    def document(self) -> dict[str, Any]:
        """The object that carries the pointer."""
        return self.found.document

    @property
    def name(self) -> str:
        """Kind and name, for messages."""
        return f"{self.kind.name} {self.document['metadata']['name']!r}"

    @property
    def rollout(self) -> Rollout:
        """How far the rollout of its newest template is."""
        return self.kind.rollout(self.found)

    @property
    def obstacle(self) -> str:
        """What keeps it from rolling anything out by itself; empty where nothing is known to."""
        return self.kind.obstacle(self.found)

    @property
    def stuck(self) -> str:
        """What it says of a rollout that missed its deadline halfway; empty where there is none."""
        return self.kind.stuck(self.found)

    @property
    def replica_failure(self) -> str:
        """Why its pods can't be created; empty where nothing is known."""
        return self.kind.replica_failure(self.found)

    @property
    def needs_room(self) -> bool:
        """Whether its rollout starts with one more pod."""
        return self.kind.needs_room(self.found)

    @property
    def progressed(self) -> datetime | None:
        """When a rollout whose steps take their own time went on last."""
        return self.kind.progressed(self.found)

    @property
    def reads_pointer(self) -> bool:
        """Whether any container of the pod reads the pointer."""
        return bool(self.readers)

    @property
    def carrier(self) -> str:
        """What the pointer is in, for messages."""
        return show_path(self.kind.pointer_path(self.document))

    @property
    def wiring(self) -> str:
        """What to do where nothing reads the pointer."""
        return self.kind.wiring(self.document) or WIRING

    def rollout_to(self, pointer: str) -> Rollout:
        """Return how far the target is on its way to a pointer that is written: every pod is a new one then."""
        return self.rollout

    @property
    def selector(self) -> str:
        """The labels that its pods have, and what keeps its templates, as a label selector."""
        selector = self.found.workload["spec"].get("selector") or {}
        labels = sorted((selector.get("matchLabels") or {}).items())
        expressions = map(_requirement, selector.get("matchExpressions") or ())
        return ",".join([*(f"{key}={value}" for key, value in labels), *expressions])

    @property
    def pointer_managers(self) -> tuple[str, ...]:
        """The field managers that own the pointer; empty where there is none, or none owns it."""
        return self._managers(self.kind.pointer_path(self.document))

    @cached_property
    def disagreement(self) -> str:
        """How an annotation that a container reads contradicts the pointer, and who set it; empty where none does."""
        path, words = self.kind.disagreement(self.document, self.readers)
        if not words or path == self.kind.pointer_path(self.document):
            return words
        managers = ", ".join(f'"{manager}"' for manager in self._managers(path))
        by = f" (field manager {managers})" if managers else ""
        return f"{show_path(path)}{by} {words}"

    def _managers(self, path: Path) -> tuple[str, ...]:
        return managers_at(self.document, path)

    @property
    def others_field(self) -> tuple[Path, tuple[str, ...]] | None:
        """The field of the pointer that others own, and who, so that a promotion would be refused."""
        path = self.kind.owned_before(self.document)
        others = tuple(each for each in self._managers(path) if each != FIELD_MANAGER) if path else ()
        return (path, others) if path and others else None

    def fields(self, pointer: str) -> Fields:
        """Return what a pointer is written as on this target."""
        return self.kind.fields(pointer)

    def to_server_uri(self, uri: str) -> str | None:
        """Return the URI as every container that reads the pointer sees it; None where there is none for all."""
        place = parse_claim_uri(uri)
        if unread(self.readers, uri) or (place and unmounted(self.readers, place)):
            return None
        if place is None or self.kind.takes_claim_uris:
            return uri if self.readers else None
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


def parse_target(document: dict[str, Any], kind: Kind = DEPLOYMENT, made: dict[str, Any] | None = None) -> TargetView:
    """Return the view of a target of that kind as the API server gave it, with what its controller made of it."""
    return TargetView(
        uid=document["metadata"]["uid"],
        pointer=kind.pointer(document),
        readers=kind.readers(document),
        found=Found(document, made),
        kind=kind,
    )


def pointers_of(target: TargetView, revisions: list[dict[str, Any]]) -> set[str]:
    """Return the pointers of the templates that the target has had, as far back as they are kept."""
    uid = target.found.workload["metadata"]["uid"]
    return {target.kind.pointer_of_revision(found) for found in revisions if owner_of(found) == uid}
