"""What the progress server needs of the API server: the Secret with its certificate, and reviews of callers' tokens."""

from base64 import b64encode

from refit_operator.api.base import FIELD_MANAGER
from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.client import ASKED, SECRET, Cluster, Document
from refit_operator.kubernetes_api.errors import translated
from refit_operator.kubernetes_api.secrets import SecretProblem

KEYS = ("ca.crt", "tls.crt", "tls.key")
TOKEN_REVIEW = ("authentication.k8s.io/v1", "TokenReview")


async def read_tls_secret(cluster: Cluster, ref: Ref) -> tuple[str, ...] | None:
    """Return authority, certificate and key, each ending with its line; None where one is missing."""
    found = [await cluster.get_secret_value(ref.namespace, ref.name, key) for key in KEYS]
    values = tuple(f"{value}\n" for value in found if not isinstance(value, SecretProblem))
    return values if len(values) == len(KEYS) else None


async def write_tls_secret(cluster: Cluster, ref: Ref, values: tuple[str, str, str]) -> None:
    """Create the Secret, or replace what is in it."""
    body = {
        "apiVersion": SECRET[0],
        "kind": SECRET[1],
        "type": "kubernetes.io/tls",
        "metadata": {"name": ref.name, "namespace": ref.namespace, "labels": {"app.kubernetes.io/managed-by": "refit"}},
        "data": {key: b64encode(value.encode()).decode() for key, value in zip(KEYS, values, strict=True)},
    }
    if await cluster.create(SECRET, ref.namespace, body) is not None:
        return
    with translated():
        resource = await cluster.resource(SECRET)
        await resource.replace(body=body, namespace=ref.namespace, field_manager=FIELD_MANAGER, **ASKED)


async def review_token(cluster: Cluster, token: str, audience: str) -> Document:
    """Return the status of a TokenReview."""
    spec = {"token": token, "audiences": [audience]}
    body = {"apiVersion": TOKEN_REVIEW[0], "kind": TOKEN_REVIEW[1], "spec": spec}
    with translated():
        resource = await cluster.resource(TOKEN_REVIEW)
        reviewed = await resource.create(body=body, **ASKED)
        return dict(reviewed.get("status") or {})
