"""What has to run before the scenario begins, each step with its seconds: cluster, operator, data, model, traffic."""

import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

from demo import sentences
from demo.data import Row, ensure_data, render_rows
from demo.kubectl import DemoFailed, Document, Kubectl
from localcluster.disposable import LABEL
from localcluster.progress import step

CHECKOUT = Path(__file__).resolve().parent.parent
OVERLAYS = CHECKOUT / "manifests" / "overlays"
NAMESPACE, OPERATOR_NAMESPACE, OPERATOR = "shop", "refit-system", "deployment/refit-operator"
CLUSTER_LIMIT_S = 1800.0
"""The first start builds Kubernetes and two images."""


def ensure_cluster() -> None:
    """Start the cluster and load the newest images, which takes seconds where nothing changed."""
    for words in (["up"], ["load", "operator", "trainer"]):
        argv = [sys.executable, "-m", "localcluster", *words]
        try:
            subprocess.run(argv, cwd=CHECKOUT, check=True, timeout=CLUSTER_LIMIT_S)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise DemoFailed(f"no cluster: {error}") from error


@dataclass(frozen=True)
class Workloads:
    """The namespace `shop`, and the operator beside it."""

    kubectl: Kubectl

    def deploy(self) -> None:
        """Create everything from scratch up to a served model; the operator starts meanwhile."""
        self._create_namespace()
        with step("deploy the operator"):
            self._deploy_operator()
        with step("copy the pretrained model and the sentences onto claims"):
            self._seed()
        with step("train the first model on movie reviews"):
            self._apply("Job/initial-model")
            self._wait("job/initial-model", "condition=Complete", 300)
        with step("serve it, and start the traffic"):
            self._serve()
        with step("wait for the operator"):
            self._rollout(OPERATOR, OPERATOR_NAMESPACE, 180)

    def _create_namespace(self) -> None:
        """Create it. One that exists isn't the demo's: that was removed before."""
        try:
            self.kubectl.run("create", "--filename", "-", stdin=json.dumps(self._documents[f"Namespace/{NAMESPACE}"]))
        except DemoFailed as error:
            if "AlreadyExists" not in str(error):
                raise
            why = f"namespace {NAMESPACE} has no label {LABEL}, so that it isn't the demo's"
            raise DemoFailed(f"{why}: delete it to run the demo there") from None

    def _deploy_operator(self) -> None:
        self.kubectl.run("apply", "--kustomize", str(OVERLAYS / "local"))
        self.kubectl.run("wait", "crd", "--all", "--for=condition=Established", "--timeout=30s")
        self.kubectl.run("rollout", "restart", OPERATOR, "--namespace", OPERATOR_NAMESPACE)

    def _seed(self) -> None:
        self._apply(*(f"PersistentVolumeClaim/{name}" for name in ("models", "feedback", "holdout", "sentences")))
        self._apply("Pod/seed")
        self._wait("pod/seed", "condition=Ready", 90)
        with tempfile.TemporaryFile() as file:
            write_archive(ensure_data(), file)
            file.seek(0)
            unpack = ("exec", "--namespace", NAMESPACE, "--stdin", "seed", "--", "tar", "-xf", "-", "-C", "/seed")
            self.kubectl.send(file, *unpack, limit_s=120)
        self.kubectl.run("delete", "pod", "seed", "--namespace", NAMESPACE, "--wait=false")

    def _serve(self) -> None:
        script = f"--from-file={Path(__file__).with_name('traffic.py')}"
        self.kubectl.run("create", "configmap", "traffic", "--namespace", NAMESPACE, script)
        self._apply("Deployment/reviews", "Service/reviews", "Pod/traffic")
        self._rollout("deployment/reviews", NAMESPACE, 180)
        self._wait("pod/traffic", "condition=Ready", 60)
        self.switch_traffic(sentences.MOVIES)

    def apply_monitor(self) -> None:
        """Apply the ModelMonitor: from here on nothing but the traffic is changed."""
        self._apply("ModelMonitor/reviews")

    def switch_traffic(self, phase: str) -> None:
        """Make the clients send another domain."""
        write = f"echo {phase} > /control/new && mv /control/new /control/phase"
        self.kubectl.run("exec", "--namespace", NAMESPACE, "traffic", "--", "sh", "-c", write, limit_s=30)

    @cached_property
    def monitor(self) -> Document:
        """The monitor as it is applied."""
        return self._documents["ModelMonitor/reviews"]

    @cached_property
    def _documents(self) -> dict[str, Document]:
        found = self.kubectl.render(OVERLAYS / "demo")
        return {f"{document['kind']}/{document['metadata']['name']}": document for document in found}

    def _apply(self, *names: str) -> None:
        self.kubectl.apply([self._documents[name] for name in names])

    def _wait(self, what: str, until: str, limit_s: int) -> None:
        words = ("wait", what, "--namespace", NAMESPACE, f"--for={until}", f"--timeout={limit_s}s")
        self.kubectl.run(*words, limit_s=limit_s + 10)

    def _rollout(self, what: str, namespace: str, limit_s: int) -> None:
        words = ("rollout", "status", what, "--namespace", namespace, f"--timeout={limit_s}s")
        self.kubectl.run(*words, limit_s=limit_s + 10)


def write_archive(data: Path, file: IO[bytes]) -> None:
    """Write what goes onto the claims as a tar: `models/minilm/…` and `sentences/*.jsonl`."""
    with tarfile.open(fileobj=file, mode="w") as archive, tempfile.TemporaryDirectory() as scratch:
        archive.add(data / "minilm", "models/minilm")
        for name, rows in sentences.split(_read(data, "movies"), _read(data, "tweets")).items():
            path = Path(scratch, f"{name}.jsonl")
            path.write_text(render_rows(list(rows)))
            archive.add(path, f"sentences/{name}.jsonl")


def _read(data: Path, domain: str) -> Sequence[Row]:
    return [json.loads(line) for line in (data / f"{domain}.jsonl").read_text().split("\n") if line]
