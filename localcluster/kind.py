"""The provider `kind`: Kubernetes in containers, where a container engine runs.

kind brings DNS and the class `standard`, whose volumes are folders as on the assembled node. Prometheus runs in the
cluster, at a port of this machine, and two stand-in GPUs are patched into the node's status.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from localcluster import addresses
from localcluster.binaries import KIND, KIND_SOURCES, KUBECTL, ensure_binaries, search_path
from localcluster.builder import Builder, Image
from localcluster.commands import run, succeeds
from localcluster.engine import Engine
from localcluster.gpus import gpu_patch
from localcluster.images import is_current, key_file, remember
from localcluster.paths import PACKAGE, Layout
from localcluster.progress import say, step

CLUSTER = "refit"
# As the release notes of the kind that go/kind pins name it.
NODE_IMAGE = "kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d"


def can_get_node_image(engine: str) -> bool:
    """Return whether the engine has kind's node image or can pull it (which is then done)."""
    return succeeds([engine, "image", "inspect", NODE_IMAGE]) or succeeds([engine, "pull", NODE_IMAGE], timeout_s=600)


@dataclass(frozen=True)
class Kind:
    """A kind cluster named refit."""

    layout: Layout
    engine: str

    def install(self) -> None:
        """Nothing: the engine is there."""

    def compile(self) -> None:
        """Build kind and kubectl."""
        ensure_binaries(self.layout, KIND_SOURCES)

    def start(self) -> None:
        """Create the cluster unless it is there, and apply what ours has more than kind's."""
        if CLUSTER not in self._kind("get", "clusters").split():
            with step("kind cluster"):
                self._create()
        with step("addons"):
            self._kubectl("apply", "--server-side", "--force-conflicts", "-f", str(PACKAGE / "manifests" / "kind.yaml"))
            self._add_gpus()
            self._kubectl("-n", "monitoring", "rollout", "status", "deployment/prometheus", "--timeout=180s")

    def down(self) -> None:
        """Delete the cluster."""
        if self._kind_program().exists():
            self._kind("delete", "cluster", "--name", CLUSTER)

    def status(self) -> tuple[list[str], bool]:
        """Return the state of the node."""
        if not self._kubeconfig().exists():
            return ["kind cluster: down"], False
        works = succeeds([self._kubectl_program(), "--kubeconfig", self._kubeconfig(), "get", "--raw=/readyz"])
        return [f"kind cluster: {'works' if works else 'down'}"], works

    def builder(self) -> Builder:
        """Return what builds images here."""
        return Engine(self.layout, self.engine)

    def load(self, image: Image, wanted: str) -> None:
        """Load the newest build, whose key is `wanted`, unless the cluster has it."""
        loaded = key_file(self.layout, image, "loaded-kind")
        if is_current(loaded, wanted):
            say(f"load {image.short}: unchanged")
            return
        with step(f"load {image.short}"), tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "image.tar"
            Engine(self.layout, self.engine).archive(image, image.name, archive)
            self._kind("load", "image-archive", str(archive), "--name", CLUSTER)
        remember(loaded, wanted)

    def programs(self) -> Path:
        """Return the folder of our kubectl."""
        return KUBECTL.output(self.layout)

    def environment(self) -> dict[str, str]:
        """Return the variables that point programs at the cluster."""
        return {
            "KUBECONFIG": str(self._kubeconfig()),
            "PATH": search_path(self.layout, KUBECTL),
            "REFIT_PROMETHEUS_URL": addresses.PROMETHEUS_URL,
            "REFIT_CLUSTER": "kind",
        }

    def _create(self) -> None:
        for loaded in (self.layout.images / "keys").glob("*.loaded-kind"):
            loaded.unlink()
        config = str(PACKAGE / "manifests" / "kind-config.yaml")
        self._kubeconfig().parent.mkdir(parents=True, exist_ok=True)
        self._kind("create", "cluster", "--name", CLUSTER, "--config", config, "--image", NODE_IMAGE, "--wait", "180s")

    def _add_gpus(self) -> None:
        patch = json.dumps(gpu_patch())
        for name in self._kubectl("get", "nodes", "-o", "name").split():
            self._kubectl("patch", name, "--subresource=status", "--type=json", "-p", patch)

    def _kubeconfig(self) -> Path:
        return self.layout.pki / "kind.kubeconfig"

    def _kind_program(self) -> Path:
        return KIND.output(self.layout) / "kind"

    def _kubectl_program(self) -> Path:
        return KUBECTL.output(self.layout) / "kubectl"

    def _kind(self, *arguments: str) -> str:
        env = {"KUBECONFIG": str(self._kubeconfig()), "KIND_EXPERIMENTAL_PROVIDER": self.engine}
        return run([self._kind_program(), *arguments], env=env)

    def _kubectl(self, *arguments: str) -> str:
        return run([self._kubectl_program(), "--kubeconfig", self._kubeconfig(), *arguments])
