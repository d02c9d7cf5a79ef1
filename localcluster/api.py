"""Ask the API server over its certificate, without kubectl and without a client library."""

import json
import ssl
import urllib.request
from typing import Any

from localcluster import addresses
from localcluster.certificates import ADMIN
from localcluster.paths import Layout


def get(layout: Layout, path: str, timeout_s: float = 5.0) -> str:
    """Return the body of a GET as the administrator; raises OSError when the server is away or says no."""
    with urllib.request.urlopen(addresses.API_URL + path, context=_context(layout), timeout=timeout_s) as reply:
        body: bytes = reply.read()
    return body.decode()


def get_json(layout: Layout, path: str) -> Any:
    """Return the object or list at a path."""
    return json.loads(get(layout, path))


def patch_status(layout: Layout, path: str, patch: list[dict[str, object]]) -> None:
    """Apply a JSON patch to an object's status."""
    request = urllib.request.Request(
        f"{addresses.API_URL}{path}/status",
        data=json.dumps(patch).encode(),
        method="PATCH",
        headers={"Content-Type": "application/json-patch+json"},
    )
    with urllib.request.urlopen(request, context=_context(layout), timeout=5.0):
        pass


def _context(layout: Layout) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=layout.pki / "ca.crt")
    context.load_cert_chain(layout.pki / f"{ADMIN.name}.crt", layout.pki / f"{ADMIN.name}.key")
    return context
