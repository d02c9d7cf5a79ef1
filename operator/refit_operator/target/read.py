"""Read a target of any kind, what its controller made of it, its pods and what they answer with, and its templates."""

from dataclasses import replace
from typing import Any

from refit_operator.api.metadata import Ref, owner_of
from refit_operator.api.pointer import config_map_name
from refit_operator.api.serving import ServingSpec, Update
from refit_operator.kubernetes_api.client import POD, Cluster, Document
from refit_operator.kubernetes_api.config_map import read_config_map
from refit_operator.kubernetes_api.errors import NotServed
from refit_operator.target.ask import ask_pods
from refit_operator.target.rules.in_place import InPlaceTarget, parse_in_place, port_of, refuse_in_place
from refit_operator.target.rules.kinds import DEPLOYMENT, KINDS
from refit_operator.target.rules.kinds.base import Kind
from refit_operator.target.rules.pod_models import is_staying
from refit_operator.target.rules.view import TargetView, parse_target, pointers_of


async def read_target(cluster: Cluster, namespace: str, serving: ServingSpec) -> TargetView | None:
    """Return the target, None where there is none. Raises NotServed where the API server doesn't know its kind.

    What is updated in place is read first, its ConfigMap after it.
    """
    kind = KINDS[serving.target_ref.kind]
    document = await cluster.read(kind.identity, Ref(namespace, serving.target_ref.name))
    if document is None:
        return None
    view = parse_target(document, kind, await _made(cluster, document, kind))
    return await _in_place(cluster, view, namespace) if serving.update is Update.IN_PLACE else view


async def _in_place(cluster: Cluster, view: TargetView, namespace: str) -> InPlaceTarget:
    if view.kind is not DEPLOYMENT:
        return refuse_in_place(view)
    ref = Ref(namespace, config_map_name(view.document["metadata"]["name"]))
    config_map, unreadable = await read_config_map(cluster, ref)
    return parse_in_place(view.document, config_map, unreadable)


async def find_target(cluster: Cluster, namespace: str, serving: ServingSpec) -> TargetView | None:
    """Return the target, None where there is none, or none of that kind can be."""
    try:
        return await read_target(cluster, namespace, serving)
    except NotServed:
        return None


async def _made(cluster: Cluster, document: Document, kind: Kind) -> Document | None:
    """Return what the target's controller made of it, and only what it controls: anybody may take a name."""
    made = kind.made(document)
    if made is None:
        return None
    try:
        found = await cluster.read(made.kind, Ref(document["metadata"]["namespace"], made.name))
    except NotServed:
        return None
    return found if found and owner_of(found) == document["metadata"]["uid"] else None


async def list_pods_of(cluster: Cluster, target: TargetView, namespace: str) -> list[Document]:
    """Return the pods that the target controls, by what stands between: anybody may set the labels of its selector."""
    through = target.kind.pods_through(target.found)
    if through is None:
        return []
    owners: set[Any] = {target.found.workload["metadata"]["uid"]}
    for kind in (*through, POD):
        found = await cluster.list_objects(kind, namespace, target.selector)
        controlled = [each for each in found if owner_of(each) in owners]
        owners = {each["metadata"]["uid"] for each in controlled}
    return controlled


async def list_pointers_of(cluster: Cluster, target: TargetView, namespace: str) -> set[str]:
    """Return the pointers that the target has had: those of its templates, as far back as they are kept.

    In place its ConfigMap remembers one.
    """
    if isinstance(target, InPlaceTarget):
        return {target.pointer, target.previous}
    kind = target.kind.revisions(target.found)
    return pointers_of(target, await cluster.list_objects(kind, namespace, target.selector)) if kind else set()


async def with_answers(target: TargetView, pods: list[Document]) -> TargetView:
    """Return the target with what its pods answer with; those that are over or going aren't asked."""
    if not isinstance(target, InPlaceTarget):
        return target
    return replace(target, pods=await ask_pods(filter(is_staying, pods), port_of(target.document)))
