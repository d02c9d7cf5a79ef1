"""Ask the API server over its certificate, without kubectl and without a client library."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from localcluster import addresses
from localcluster.certificates import ADMIN
from localcluster.paths import Layout

WATCH_S = 300


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


def send(layout: Layout, method: str, path: str, document: object = None, known: int = 0) -> None:
    """Create or delete an object; that it is there already, or gone, is fine where that status is `known`."""
    data = None if document is None else json.dumps(document).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(addresses.API_URL + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, context=_context(layout), timeout=5.0):
            pass
    except urllib.error.HTTPError as error:
        if error.code != known:
            raise


def follow(layout: Layout, path: str) -> Iterator[Any]:
    """Yield all objects of a kind, then each that changes, until the server ends the watch."""
    found = get_json(layout, path)
    yield from found["items"]
    query = f"?watch=1&resourceVersion={found['metadata']['resourceVersion']}&timeoutSeconds={WATCH_S}"
    url, context = addresses.API_URL + path + query, _context(layout)
    with urllib.request.urlopen(url, context=context, timeout=2 * WATCH_S) as lines:
        for line in lines:
            event = json.loads(line)
            if event["type"] in ("ADDED", "MODIFIED"):
                yield event["object"]


def _context(layout: Layout) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=layout.pki / "ca.crt")
    context.load_cert_chain(layout.pki / f"{ADMIN.name}.crt", layout.pki / f"{ADMIN.name}.key")
    return context
