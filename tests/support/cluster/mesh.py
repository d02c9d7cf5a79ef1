"""A mutating webhook that adds a container to each pod of a namespace, as a mesh's injector does.

It runs in the test's process; the cluster's API server is a process on the same host. The container is this project's
own image asleep: what a mesh's proxy does is of no interest here, only that it doesn't end.
"""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from localcluster.disposable import disposable
from tests.support.cluster.kubectl import Document, Space, kubectl
from tests.support.cluster.objects import STUB
from tests.support.prometheus.fakes import self_signed

PROXY = {
    "name": "mesh-proxy",
    "image": STUB,
    "imagePullPolicy": "IfNotPresent",
    "command": ["sleep", "infinity"],
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
PATCH = base64.b64encode(json.dumps([{"op": "add", "path": "/spec/containers/-", "value": PROXY}]).encode()).decode()


class Injector(BaseHTTPRequestHandler):
    """Answers an AdmissionReview with the container."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Allow what is asked about, with the patch."""
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {"uid": review["request"]["uid"], "allowed": True, "patchType": "JSONPatch", "patch": PATCH}
        body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


@contextmanager
def injecting(space: Space, folder: Path) -> Iterator[None]:
    """Have the container in every pod that is made in the namespace meanwhile."""
    context, certificate = self_signed(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), Injector) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        hook = webhook(space, f"https://localhost:{server.server_address[1]}/", certificate)
        kubectl("apply", "-f", "-", stdin=json.dumps(hook))
        try:
            yield
        finally:
            kubectl("delete", "mutatingwebhookconfiguration", hook["metadata"]["name"])
            server.shutdown()


def webhook(space: Space, url: str, certificate: str) -> Document:
    """Return the configuration: pods of this namespace only."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}
    hook = {
        "name": "mesh.example.com",
        "clientConfig": {"url": url, "caBundle": base64.b64encode(certificate.encode()).decode()},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space.name}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    return disposable(head | {"metadata": {"name": f"mesh-{space.name}"}, "webhooks": [hook]})
