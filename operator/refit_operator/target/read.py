"""Read a target afresh: the Deployment, and where it is updated in place its ConfigMap and what its pods say."""

from dataclasses import replace

from refit_operator.api.metadata import Ref, owner_of
from refit_operator.api.pointer import config_map_name
from refit_operator.api.serving import ServingSpec, Update
from refit_operator.kubernetes_api.client import DEPLOYMENT, POD, REPLICA_SET, Cluster, Document
from refit_operator.kubernetes_api.config_map import read_config_map
from refit_operator.target.ask import ask_pods
from refit_operator.target.rules.in_place import InPlaceTarget, parse_in_place, port_of
from refit_operator.target.rules.pod_models import is_staying
from refit_operator.target.rules.view import TargetView, parse_target


async def read_target(cluster: Cluster, namespace: str, serving: ServingSpec) -> TargetView | None:
    """Return the target, None where there is none. The Deployment is read first, its ConfigMap after it."""
    name = serving.target_ref.name
    deployment = await cluster.read(DEPLOYMENT, Ref(namespace, name))
    if deployment is None:
        return None
    if serving.update is Update.ROLLING_UPDATE:
        return parse_target(deployment)
    config_map, unreadable = await read_config_map(cluster, Ref(namespace, config_map_name(name)))
    return parse_in_place(deployment, config_map, unreadable)


async def pods_of(target: TargetView, namespace: str, cluster: Cluster) -> list[Document]:
    """Return the pods that the target controls by its ReplicaSets: anybody may set the labels of its selector."""
    found = await cluster.list_objects(REPLICA_SET, namespace, target.selector)
    ours = {replica_set["metadata"]["uid"] for replica_set in found if owner_of(replica_set) == target.uid}
    pods = await cluster.list_objects(POD, namespace, target.selector)
    return [pod for pod in pods if owner_of(pod) in ours]


async def with_answers(target: TargetView, pods: list[Document]) -> TargetView:
    """Return the target with what its pods answer with; those that are over or going aren't asked."""
    if not isinstance(target, InPlaceTarget):
        return target
    return replace(target, pods=await ask_pods(filter(is_staying, pods), port_of(target.document)))
