"""Ask the API server whose token something is."""

from refit_operator.kubernetes_api.client import TIMEOUT, Cluster, Document
from refit_operator.kubernetes_api.errors import translated

TOKEN_REVIEW = ("authentication.k8s.io/v1", "TokenReview")


async def review_token(cluster: Cluster, token: str, audience: str) -> Document:
    """Return the status of a TokenReview."""
    spec = {"token": token, "audiences": [audience]}
    body = {"apiVersion": TOKEN_REVIEW[0], "kind": TOKEN_REVIEW[1], "spec": spec}
    with translated():
        resource = await cluster.resource(TOKEN_REVIEW)
        reviewed = await resource.create(body=body, _request_timeout=TIMEOUT)
        return dict(reviewed.to_dict().get("status") or {})
