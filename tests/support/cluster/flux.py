"""Flux's source-controller and kustomize-controller as processes on this host, for one namespace.

The repository is a bucket of an S3 server on this host: Flux reads no git repository from a folder. The processes act
as the cluster's administrator, as Flux does where it is installed.
"""

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import yaml

from localcluster.disposable import disposable
from tests.support.cluster.kubectl import Document, Refused, Space, cluster_environment, kubectl
from tests.support.local import free_port, until
from tests.support.trainer.s3_server import BUCKET, S3Server

NAME = "reviews"
KEPT = "flux-client-side-apply"
"""The field manager whose changes Flux keeps."""
RECONCILED = re.compile(r'^controller_runtime_reconcile_total\{controller="kustomization",.*\} (\d+)$', re.MULTILINE)


@contextmanager
def definitions() -> Iterator[None]:
    """Have Flux's CustomResourceDefinitions while it lasts."""
    files = Path(os.environ["REFIT_FLUX"], "config/crd/bases").glob("*.yaml")
    documents = [disposable(yaml.safe_load(file.read_text())) for file in files]
    text = "\n---\n".join(map(json.dumps, documents))
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text)
    try:
        kubectl("wait", "--for=condition=Established", "-f", "-", "--timeout=60s", stdin=text)
        yield
    finally:
        kubectl("delete", "--ignore-not-found", "--timeout=60s", "-f", "-", stdin=text)


class Controller:
    """One of the two, which looks after one namespace."""

    def __init__(self, name: str, space: Space, folder: Path, *options: str) -> None:
        self.log, self.metrics, health = folder / f"{name}.log", free_port(), free_port()
        addresses = [f"--metrics-addr=127.0.0.1:{self.metrics}", f"--health-addr=127.0.0.1:{health}"]
        self.process = subprocess.Popen(
            [Path(os.environ["REFIT_FLUX"], name), "--watch-all-namespaces=false", *addresses, *options],
            env={**cluster_environment(), "RUNTIME_NAMESPACE": space.name},
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
        )
        until(lambda: bool(fetched(health, "/readyz")), 60, f"{name} isn't ready: {self.log}")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def fetched(port: int, path: str) -> str:
    """Return what a process on this host answers, empty where it doesn't."""
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
        return str(reply.read().decode())
    return ""


class Repository:
    """Files that Flux applies: a revision is what the bucket holds."""

    def __init__(self, server: S3Server) -> None:
        self.server = server

    def write(self, name: str, *documents: Document) -> None:
        self.server.put(f"{name}.yaml", yaml.safe_dump_all(documents))

    def source(self, interval: str) -> list[Document]:
        """Return the source and the Secret that it reads the bucket with."""
        variables = self.server.variables
        keys = {"accesskey": variables["AWS_ACCESS_KEY_ID"], "secretkey": variables["AWS_SECRET_ACCESS_KEY"]}
        spec = {
            "interval": interval,
            "provider": "generic",
            "bucketName": BUCKET,
            "endpoint": variables["AWS_ENDPOINT_URL"].removeprefix("http://"),
            "insecure": True,
            "region": variables["AWS_DEFAULT_REGION"],
            "secretRef": {"name": "bucket"},
        }
        return [
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "bucket"}, "stringData": keys},
            {"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "Bucket", "metadata": {"name": NAME}, "spec": spec},
        ]


class Flux:
    """Both controllers, and a Kustomization that waits for all that it applies."""

    def __init__(self, space: Space, repository: Repository, kustomize: Controller) -> None:
        self.space, self.repository, self.kustomize = space, repository, kustomize

    def begin(self, interval: str, **spec: object) -> None:
        """Have the repository applied every `interval`."""
        base = {
            "interval": interval,
            "retryInterval": interval,
            "timeout": "60s",
            "path": "./",
            "prune": True,
            "wait": True,
            "targetNamespace": self.space.name,
            "sourceRef": {"kind": "Bucket", "name": NAME},
        }
        api_version = "kustomize.toolkit.fluxcd.io/v1"
        made = {"apiVersion": api_version, "kind": "Kustomization", "metadata": {"name": NAME}, "spec": base | spec}
        self.space.apply(*self.repository.source(interval), made)

    def ready(self) -> tuple[str, str, str]:
        """Return status, reason and message of the Kustomization's condition Ready."""
        status = self.space.get("kustomization", NAME).get("status", {})
        found = next((one for one in status.get("conditions", ()) if one["type"] == "Ready"), None)
        return (found["status"], found["reason"], found["message"]) if found else ("", "", "")

    def applied(self, change: Callable[[], None], limit_s: float = 120) -> None:
        """Change the repository, and wait until the revision after it is applied and all of it is ready."""
        before = self._revisions()
        change()
        until(lambda: self._is_applied(before), limit_s, f"{before}, {self._revisions()}, {self.ready()}")

    def _is_applied(self, before: tuple[str, str]) -> bool:
        offered, applied = self._revisions()
        return offered == applied != before[1] and self.ready()[0] == "True"

    def _revisions(self) -> tuple[str, str]:
        source = self.space.get("bucket.source.toolkit.fluxcd.io", NAME).get("status", {})
        applied = self.space.get("kustomization", NAME).get("status", {}).get("lastAppliedRevision", "")
        return (source.get("artifact") or {}).get("revision", ""), applied

    def syncs(self) -> int:
        """Return how often the Kustomization was reconciled."""
        return sum(int(count) for count in RECONCILED.findall(fetched(self.kustomize.metrics, "/metrics")))

    def end(self) -> None:
        """Remove its objects while their controllers run, else their finalizers for them."""
        for kind in ("kustomization", "bucket.source.toolkit.fluxcd.io"):
            try:
                self.space.run("delete", kind, NAME, "--ignore-not-found", "--timeout=60s")
            except Refused:
                self.space.run("patch", kind, NAME, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')


@contextmanager
def flux(space: Space, folder: Path) -> Iterator[Flux]:
    """Have Flux in a namespace, with an empty repository."""
    with ExitStack() as after:
        server = S3Server(folder)
        after.callback(server.stop)
        artifacts = f"127.0.0.1:{free_port()}"
        storage = [f"--storage-{what}={artifacts}" for what in ("addr", "adv-addr")]
        source = Controller("source-controller", space, folder, f"--storage-path={folder}", *storage)
        after.callback(source.stop)
        kustomize = Controller("kustomize-controller", space, folder)
        after.callback(kustomize.stop)
        made = Flux(space, Repository(server), kustomize)
        after.callback(made.end)
        yield made
