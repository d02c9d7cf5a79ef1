"""Read a target of any kind, what its controller made of it, its pods, and the templates that it has had."""

from typing import Any

from refit_operator.api.metadata import Ref, owner_of
from refit_operator.api.serving import TargetRef
from refit_operator.kubernetes_api.client import POD, Cluster, Document
from refit_operator.kubernetes_api.errors import NotServed
from refit_operator.target.rules.kinds import KINDS
from refit_operator.target.rules.kinds.base import Kind
from refit_operator.target.rules.view import TargetView, parse_target, pointers_of


async def read_target(cluster: Cluster, namespace: str, ref: TargetRef) -> TargetView | None:
    """Return the target, None where there is none. Raises NotServed where the API server doesn't know its kind."""
    kind = KINDS[ref.kind]
    document = await cluster.read(kind.identity, Ref(namespace, ref.name))
    return parse_target(document, kind, await _made(cluster, document, kind)) if document else None


async def find_target(cluster: Cluster, namespace: str, ref: TargetRef) -> TargetView | None:
    """Return the target, None where there is none, or none of that kind can be."""
    try:
        return await read_target(cluster, namespace, ref)
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
    """Return the pointers of the templates that the target has had, as far back as they are kept."""
    kind = target.kind.revisions(target.found)
    return pointers_of(target, await cluster.list_objects(kind, namespace, target.selector)) if kind else set()
