"""A target whose servers take another model without a restart: its pointer is in a ConfigMap that the pods mount. Pure.

Only a Deployment may be one, and nothing of it is written. Servers that were updated by restarts before read the
template's annotation too: it is the pointer while the ConfigMap has none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from refit_operator.api.metadata import managers_at
from refit_operator.api.pointer import POINTER_KEY, PREVIOUS_KEY, config_map_name, value_at
from refit_operator.api.uris import parse_claim_uri
from refit_operator.target.rules.objections import scattered
from refit_operator.target.rules.pod_models import PodModel, rollout_in_place
from refit_operator.target.rules.readers import Reader, claim_mounts
from refit_operator.target.rules.rollout import Rollout
from refit_operator.target.rules.serving_port import port_among
from refit_operator.target.rules.view import TargetView, parse_target

Document = dict[str, Any]


@dataclass(frozen=True)
class InPlaceTarget(TargetView):
    """A Deployment with its ConfigMap, read at one moment."""

    config_map: Document | None = None
    problem: str = ""
    """Why its servers can't be given a pointer; empty where they can."""
    pods: tuple[PodModel, ...] = ()
    """What its pods answer with; asked only where something rests on it."""

    @property
    def carrier(self) -> str:
        """What the pointer is in, for messages."""
        return f"key {POINTER_KEY} of ConfigMap {config_map_name(self.document['metadata']['name'])}"

    @property
    def wiring(self) -> str:
        """What to do where nothing reads the pointer."""
        return self.problem

    @property
    def pointer_managers(self) -> tuple[str, ...]:
        """The field managers that own the pointer in the ConfigMap."""
        return managers_at(self.config_map, ("data", POINTER_KEY)) if self.config_map else ()

    @property
    def needs_room(self) -> bool:
        """No: there is no new pod."""
        return False

    @property
    def disagreement(self) -> str:
        """Nothing: one key has the whole pointer."""
        return ""

    @property
    def previous(self) -> str:
        """The pointer that was replaced last, empty where none is known."""
        return _data(self.config_map).get(PREVIOUS_KEY, "")

    def rollout_to(self, pointer: str) -> Rollout:
        """Return how far the pods are on their way to a pointer that is written: each has to answer with it."""
        return rollout_in_place(self.rollout, self.document["spec"].get("replicas", 1), self.pods, pointer)

    def objection_to(self, uri: str) -> str:
        """Return why the containers that read the pointer can't be given that URI, empty where they can."""
        place = parse_claim_uri(uri)
        if self.problem or self.to_server_uri(uri):
            return self.problem
        return scattered(self.readers, place) if place else ""

    def objection_to_pointer(self, text: str) -> str:
        """Return why the containers can't read a pointer in the server's terms that served before; empty: they can."""
        return self.problem


def parse_in_place(deployment: Document, config_map: Document | None, unreadable: str = "") -> InPlaceTarget:
    """Return the view of a Deployment and its ConfigMap. `unreadable`: why the latter couldn't be read."""
    view, name = parse_target(deployment), config_map_name(deployment["metadata"]["name"])
    pod = deployment["spec"]["template"]["spec"]
    mounting = [container for container in pod["containers"] if _mounts(pod, container, name)]
    problem = unreadable or _missing(config_map, name) or _objection(pod, mounting, name)
    volumes = pod.get("volumes") or ()
    readers = tuple(Reader(one["name"], tuple(claim_mounts(volumes, one)), frozenset()) for one in mounting)
    pointer = _data(config_map).get(POINTER_KEY, "") or (view.pointer if view.readers else "")
    return InPlaceTarget(view.uid, pointer, () if problem else readers, view.found, view.kind, config_map, problem)


def refuse_in_place(view: TargetView) -> InPlaceTarget:
    """Return the view of a target of another kind, whose servers can't be given a pointer in place."""
    problem = f"serving.update InPlace is for Deployments alone, and serving.targetRef is the {view.name}: leave it out"
    return InPlaceTarget(view.uid, view.pointer, (), view.found, view.kind, problem=problem)


def port_of(deployment: Document) -> int | None:
    """Return the port at which a pod says what it answers with: `http`, or the first; None where there is none."""
    name = config_map_name(deployment["metadata"]["name"])
    pod = value_at(deployment, ("spec", "template", "spec")) or {}
    return port_among(one for one in pod.get("containers") or () if _mounts(pod, one, name))


def _data(config_map: Document | None) -> dict[str, str]:
    return (config_map or {}).get("data") or {}


def _missing(config_map: Document | None, name: str) -> str:
    if config_map is None:
        return f"serving.update is InPlace, and there is no ConfigMap {name}: create it, without data"
    return f"ConfigMap {name} is immutable: create it again without that" if config_map.get("immutable") else ""


def _objection(pod: Document, mounting: list[Document], name: str) -> str:
    if not mounting:
        return (
            f"serving.update is InPlace, and no container mounts ConfigMap {name}: mount it as a volume of its own, "
            "without subPath, which never changes in a running pod"
        )
    if pod.get("hostNetwork"):
        return "serving.update is InPlace, and a pod with hostNetwork can't be asked what it answers with"
    if not any(container.get("ports") for container in mounting):
        return f"container {mounting[0]['name']} names no port: the one that answers GET /v1/model"
    return ""


def _mounts(pod: Document, container: Document, name: str) -> bool:
    """Return whether the container has the ConfigMap's pointer as a file that follows it."""
    volumes = {volume["name"] for volume in pod.get("volumes") or () if any(_sources(volume, name))}
    mounts = container.get("volumeMounts") or ()
    return any(m["name"] in volumes and not m.get("subPath") and not m.get("subPathExpr") for m in mounts)


def _sources(volume: Document, name: str) -> Iterator[Document]:
    """Yield where the volume has the ConfigMap from, with the pointer's key."""
    projected = [source.get("configMap") or {} for source in (volume.get("projected") or {}).get("sources") or ()]
    for source in (volume.get("configMap") or {}, *projected):
        keys = [item["key"] for item in source.get("items") or ()]
        if source.get("name") == name and (not keys or POINTER_KEY in keys):
            yield source
