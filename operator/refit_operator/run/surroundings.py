"""Read what says why a pod waits: Events, claims and their volumes, nodes; each only where it is needed."""

from refit_operator.kubernetes_api.client import Cluster, Document
from refit_operator.kubernetes_api.outside import read_nodes, read_volumes
from refit_operator.run.rules.views.claims import view_claims
from refit_operator.run.rules.views.storage import claims_to_place, is_about_volumes
from refit_operator.run.rules.views.waiting import Surroundings


async def read_surroundings(
    namespace: str, pods: list[Document], subject: str, nodes: list[str], cluster: Cluster
) -> Surroundings:
    """Return what surrounds the pods: the Events of the subject, the claims that these or the pods are about, nodes."""
    events = await cluster.list_events(namespace, subject) if subject else []
    wanted = claims_to_place(pods)
    claims = await cluster.list_claims(namespace) if wanted or is_about_volumes(events) else []
    names = [claim["spec"].get("volumeName") or "" for claim in claims if claim["metadata"]["name"] in wanted]
    volumes = await read_volumes(cluster, [name for name in names if name])
    return Surroundings(events, view_claims(claims, volumes), await read_nodes(cluster, nodes))
