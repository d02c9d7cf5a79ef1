"""The operator as a process on this host: what can be stopped, frozen and doubled at will."""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import yaml

from localcluster.addresses import NODE_IP
from refit_operator.kubernetes_api.client import Cluster
from refit_operator.ports import Ports
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.prometheus.servers import Servers
from tests.support.cluster.kubectl import Document, Space, cluster_environment, kubectl
from tests.support.local import free_port, until

SERVICE_ACCOUNT = "refit-operator"


def admin_config() -> Document:
    """Return the cluster's own kubeconfig."""
    config: Document = yaml.safe_load(Path(cluster_environment()["KUBECONFIG"]).read_text())
    return config


def trust(config: Document) -> ssl.SSLContext:
    """Return what tells a kubeconfig's server from others; kind writes certificates into the kubeconfig itself."""
    cluster = config["clusters"][0]["cluster"]
    inline = cluster.get("certificate-authority-data")
    return ssl.create_default_context(
        cafile=cluster.get("certificate-authority"), cadata=b64decode(inline).decode() if inline else None
    )


def trust_as_user(config: Document) -> ssl.SSLContext:
    """Return that with the certificate of the kubeconfig's user."""
    context, user = trust(config), config["users"][0]["user"]
    with ExitStack() as files:
        context.load_cert_chain(*(_as_file(user, part, files) for part in ("client-certificate", "client-key")))
    return context


def _as_file(user: Document, part: str, files: ExitStack) -> str:
    if part in user:
        return str(user[part])
    file = files.enter_context(NamedTemporaryFile())  # noqa: SIM115
    file.write(b64decode(user[f"{part}-data"]))
    file.flush()
    return file.name


def write_config(folder: Path, config: Document) -> Path:
    """Write a kubeconfig that nobody else may read; return its path."""
    path = folder / "kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
    return path


def as_service_account(folder: Path) -> Path:
    """Write a kubeconfig of the operator's ServiceAccount: only that may write runs."""
    token = kubectl("-n", "refit-system", "create", "token", SERVICE_ACCOUNT, "--duration=1h").strip()
    config = admin_config()
    config["users"][0]["user"] = {"token": token}
    return write_config(folder, config)


def hosted_settings(folder: Path) -> dict[str, str]:
    """Return the settings of an operator that acts like the installed one, without a Lease."""
    return {
        "KUBECONFIG": str(as_service_account(folder)),
        "REFIT_LEADER_ELECTION": "false",
        "REFIT_PROMETHEUS_ALLOWED": "http://prometheus.monitoring:*",
    }


def nowhere(cluster: Cluster) -> Ports:
    """Return ports whose Prometheus is never asked."""
    return Ports(cluster, Reader(Servers("http://127.0.0.1:1", (), cluster)), MassBreachDetector())


class Hosted:
    """One operator process that looks after one namespace."""

    def __init__(self, space: Space, log: Path, **environment: str) -> None:
        self.log, self.port = log, int(environment.get("REFIT_PORT", 0)) or free_port()
        ours = {"REFIT_NAMESPACE": space.name, "REFIT_LEASE_NAMESPACE": space.name, "REFIT_PORT": str(self.port)}
        with log.open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "refit_operator"],
                env={**cluster_environment(), **ours, **environment},
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def answer(self, path: str) -> int:
        """Return the status of one of its probes, 0 where nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def wait_for(self, path: str, status: int, limit_s: float = 120) -> None:
        until(lambda: self.answer(path) == status, limit_s, f"{path} is not {status}\n{self.log.read_text()}")

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.log.read_text()) is not None

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def ended(self, limit_s: float) -> int:
        """Wait for the exit code."""
        return self.process.wait(limit_s)


@contextmanager
def operators(*made: Hosted) -> Iterator[tuple[Hosted, ...]]:
    """End them in the end, whatever happened."""
    try:
        yield made
    finally:
        for operator in made:
            operator.process.kill()
            operator.process.wait()


def reachable(space: Space) -> dict[str, str]:
    """Give the pods of a namespace a name for this host, and return the settings of a progress endpoint there.

    Its certificate is kept in the namespace, whose Secrets are lent for that. In kind this host has no such address.
    """
    if cluster_environment()["REFIT_CLUSTER"] != "node":
        return {}
    port, name = free_port(), {"metadata": {"name": "progress"}}
    subject = {"kind": "ServiceAccount", "namespace": "refit-system", "name": SERVICE_ACCOUNT}
    secrets = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create", "update"]}
    rbac = "rbac.authorization.k8s.io"
    role = {"apiGroup": rbac, "kind": "Role", "name": "progress"}
    address = {"addressType": "IPv4", "endpoints": [{"addresses": [NODE_IP]}], "ports": [{"port": port}]}
    labelled = {"metadata": {"name": "progress", "labels": {"kubernetes.io/service-name": "progress"}}}
    space.apply(
        name | {"apiVersion": f"{rbac}/v1", "kind": "Role", "rules": [secrets]},
        name | {"apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "roleRef": role, "subjects": [subject]},
        name | {"apiVersion": "v1", "kind": "Service", "spec": {"clusterIP": "None"}},
        labelled | {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", **address},
    )
    url = f"https://progress.{space.name}.svc:{port}"
    return {"REFIT_PROGRESS_URL": url, "REFIT_PROGRESS_PORT": str(port)}
