"""The pointer of a target that is updated in place: two keys of one ConfigMap, by server-side apply, never with force.

As on a Deployment, the uid and resourceVersion just read go along, and a key that another manager owns is a conflict.
The operator's account may read and change a ConfigMap only where that is lent: docs/how-to/in-place.md.
"""

from refit_operator.api.metadata import Ref
from refit_operator.api.pointer import POINTER_KEY, PREVIOUS_KEY, Fields
from refit_operator.kubernetes_api.client import CONFIG_MAP, Cluster, Document
from refit_operator.kubernetes_api.errors import Forbidden
from refit_operator.kubernetes_api.pointer import Applied, ApplyOutcome, Conflict, Replaced, send_apply


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
    data = {POINTER_KEY: pointer, PREVIOUS_KEY: previous}
    fields = Fields(CONFIG_MAP, {("data", key): value for key, value in data.items() if value}, places=())
    applied = await send_apply(cluster, config_map, fields, force)
    if isinstance(applied, Conflict | Replaced):
        return applied
    live = (applied.get("data") or {}).get(POINTER_KEY, "")
    if live == pointer:
        return Applied()
    name = config_map["metadata"]["name"]
    return Conflict(f"key {POINTER_KEY} of ConfigMap {name} stays {live}: another field manager owns it, too")
