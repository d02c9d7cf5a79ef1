"""The pointer of a target that is updated in place: two keys of one ConfigMap, by server-side apply, never with force.

As on a Deployment, the uid and resourceVersion just read go along, and a key that another manager owns is a conflict.
The operator's account may read and change a ConfigMap only where that is lent: docs/how-to/in-place.md.
"""

from kubernetes.aio.client.exceptions import ApiException

from refit_operator.api.base import FIELD_MANAGER
from refit_operator.api.metadata import Ref
from refit_operator.api.pointer import POINTER_KEY, data_of
from refit_operator.kubernetes_api.client import ASKED, CONFIG_MAP, Cluster, Document
from refit_operator.kubernetes_api.errors import Forbidden, translated
from refit_operator.kubernetes_api.pointer import Applied, ApplyOutcome, Conflict, read_refusal


async def read_config_map(cluster: Cluster, ref: Ref) -> tuple[Document | None, str]:
    """Return a ConfigMap, None where there is none, and why it can't be read, empty where it can."""
    try:
        return await cluster.read(CONFIG_MAP, ref), ""
    except Forbidden as error:
        how = (
            "bind ClusterRole refit-in-place in this namespace, or a Role for that ConfigMap (docs/how-to/in-place.md)"
        )
        return None, f"the operator may not read ConfigMap {ref.name}: {how}: {error}"


async def apply_to_config_map(
    cluster: Cluster, config_map: Document, pointer: str, previous: str, force: bool = False
) -> ApplyOutcome:
    """Write the pointer to the ConfigMap that was read. Raises Transient where it changed since."""
    meta = config_map["metadata"]
    identity = {key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion")}
    body: Document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": identity}
    if data := data_of(pointer, previous):
        body["data"] = data
    with translated():
        resource = await cluster.resource(CONFIG_MAP)
        try:
            applied = await resource.server_side_apply(
                body=body,
                namespace=meta["namespace"],
                field_manager=FIELD_MANAGER,
                force_conflicts=force,
                **ASKED,
            )
        except ApiException as error:
            return read_refusal(error)
    live = (applied.get("data") or {}).get(POINTER_KEY, "")
    if live == pointer:
        return Applied()
    return Conflict(f"key {POINTER_KEY} of ConfigMap {meta['name']} stays {live}: another field manager owns it, too")
