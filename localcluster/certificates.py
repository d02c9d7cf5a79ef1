"""One certificate authority for the node, made once by openssl, and a kubeconfig for each client."""

import json
from dataclasses import dataclass
from pathlib import Path

from localcluster import addresses
from localcluster.commands import run
from localcluster.paths import Layout

SERVER_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")
SERVER_ADDRESSES = ("127.0.0.1", addresses.API_SERVICE_IP, addresses.NODE_IP)
DAYS = "3650"
CURVE = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


@dataclass(frozen=True)
class Client:
    """Somebody who talks to the API server: a file name and the subject RBAC knows."""

    name: str
    subject: str


ADMIN = Client("admin", "/O=system:masters/CN=refit-admin")
CLIENTS = (
    ADMIN,
    Client("controller-manager", "/CN=system:kube-controller-manager"),
    Client("scheduler", "/CN=system:kube-scheduler"),
    Client("proxy", "/CN=system:kube-proxy"),
    Client("kubelet", f"/O=system:nodes/CN=system:node:{addresses.NODE_NAME}"),
)


def ensure_certificates(layout: Layout) -> None:
    """Make every key, certificate and kubeconfig unless all are there."""
    done = layout.pki / "complete"
    if done.exists():
        return
    layout.pki.mkdir(parents=True, exist_ok=True)
    layout.pki.chmod(0o700)
    _make_authority(layout.pki)
    _make_key(layout.pki / "service-account.key")
    run(
        [
            "openssl",
            "pkey",
            "-in",
            layout.pki / "service-account.key",
            "-pubout",
            "-out",
            layout.pki / "service-account.pub",
        ]
    )
    names = [f"DNS:{name}" for name in SERVER_NAMES] + [f"IP:{address}" for address in SERVER_ADDRESSES]
    _make_certificate(layout.pki, "server", "/CN=kube-apiserver", "subjectAltName=" + ",".join(names))
    for client in CLIENTS:
        _make_certificate(layout.pki, client.name, client.subject, "extendedKeyUsage=clientAuth")
        kubeconfig(layout, client).write_text(json.dumps(_render_kubeconfig(layout.pki, client), indent=2))
    done.touch()


def kubeconfig(layout: Layout, client: Client) -> Path:
    """Return where a client's kubeconfig lies."""
    return layout.pki / f"{client.name}.kubeconfig"


def client_named(name: str) -> Client:
    """Return the client of that name."""
    return next(client for client in CLIENTS if client.name == name)


def _make_key(path: Path) -> None:
    run(["openssl", "genpkey", *CURVE, "-out", path])


def _make_authority(pki: Path) -> None:
    _make_key(pki / "ca.key")
    request = ["openssl", "req", "-x509", "-new", "-key", str(pki / "ca.key"), "-days", DAYS, "-subj", "/CN=refit-ca"]
    run([*request, "-addext", "keyUsage=critical,keyCertSign,digitalSignature", "-out", pki / "ca.crt"])


def _make_certificate(pki: Path, name: str, subject: str, extension: str) -> None:
    key, request, extensions = pki / f"{name}.key", pki / f"{name}.csr", pki / f"{name}.ext"
    _make_key(key)
    run(["openssl", "req", "-new", "-key", key, "-subj", subject, "-out", request])
    extensions.write_text(extension + "\n")
    sign = ["openssl", "x509", "-req", "-in", str(request), "-CA", f"{pki}/ca.crt", "-CAkey", f"{pki}/ca.key"]
    run([*sign, "-CAcreateserial", "-days", DAYS, "-extfile", extensions, "-out", pki / f"{name}.crt"])
    request.unlink()
    extensions.unlink()


def _render_kubeconfig(pki: Path, client: Client) -> dict[str, object]:
    cluster = {"server": addresses.API_URL, "certificate-authority": str(pki / "ca.crt")}
    user = {"client-certificate": str(pki / f"{client.name}.crt"), "client-key": str(pki / f"{client.name}.key")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "refit", "cluster": cluster}],
        "users": [{"name": client.name, "user": user}],
        "contexts": [{"name": "refit", "context": {"cluster": "refit", "user": client.name}}],
        "current-context": "refit",
    }
