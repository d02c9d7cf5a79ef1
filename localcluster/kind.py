"""The provider `kind`: Kubernetes in containers, where a container engine runs.

kind brings DNS and the class `standard`, whose volumes are folders as on the assembled node. Prometheus runs in the
cluster, at a port of this machine, and two stand-in GPUs are patched into each node's status.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from localcluster import addresses, kind_config, kind_images, kind_tools
from localcluster.builder import Builder, Image
from localcluster.commands import DOWN, Failed, run, succeeds
from localcluster.disk import check_disk
from localcluster.engine import Engine, reason
from localcluster.gpus import gpu_patch
from localcluster.health import answers, wait
from localcluster.paths import PACKAGE, Layout
from localcluster.progress import say, step

CLUSTER = "refit"
NODES = f"label=io.x-k8s.kind.cluster={CLUSTER}"
"""How kind marks the containers of its nodes."""
CONTROL_PLANE = f"{CLUSTER}-control-plane"
COMPLETE = "/etc/refit-complete"
"""A file in that node, by which a cluster is known that was made to its end; a node that is stopped can be asked."""
# As the release notes of the kind that go/kind pins name it. The registry is part of the name: podman knows no default.
NODE_IMAGE = "docker.io/kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d"
PROMETHEUS_IMAGE = "docker.io/prom/prometheus:v2.53.5"
READY_WITHIN_S = 180.0
# What the system's pods and the demo ask for together, on one node.
CPUS, MEMORY_GIB, DISK_GIB = 2, 6.0, 15.0
DEPLOYMENTS = (("kube-system", "coredns"), ("local-path-storage", "local-path-provisioner"))
PROMETHEUS_ANSWERS = answers(f"{addresses.PROMETHEUS_URL}/-/ready")


def node_image() -> str:
    """Return the image of the nodes: kind's, or what REFIT_NODE_IMAGE names."""
    return os.environ.get("REFIT_NODE_IMAGE") or NODE_IMAGE


@dataclass(frozen=True)
class Kind:
    """A kind cluster named refit."""

    layout: Layout
    program: str
    """The engine's: docker or podman."""

    @property
    def engine(self) -> Engine:
        """Return the container engine."""
        return Engine(self.layout, self.program)

    def install(self) -> None:
        """Nothing: the engine is there."""

    def fetch(self) -> None:
        """Have kind's node image, and refuse an engine that is too small."""
        size = self.engine.size()
        if size.cpus < CPUS or size.memory_gib < MEMORY_GIB:
            has = f"{size.cpus} CPUs and {size.memory_gib:.1f} GiB of memory"
            raise Failed(f"{self.program} has {has}; the cluster needs {CPUS} and {MEMORY_GIB:.0f} GiB: give it more")
        if self.engine.has(node_image()):
            return
        check_disk(self.layout.root, DISK_GIB)
        try:
            self.engine.pull(node_image())
        except Failed as failure:
            raise Failed(_no_image(self.program, reason(failure))) from failure

    def compile(self) -> None:
        """Have kind and kubectl."""
        kind_tools.ensure(self.layout)

    def start(self) -> None:
        """Create the cluster unless it is there, or start its nodes, and apply what ours has more than kind's."""
        nodes = self.nodes()
        if nodes:
            with step("start the nodes"):
                self._start_nodes(nodes)
        else:
            with step("kind cluster"):
                self._create()
        with step("Prometheus"):
            kind_images.bring(self.engine, self.nodes(), PROMETHEUS_IMAGE)
            self._kubectl("apply", "--server-side", "--force-conflicts", "-f", str(PACKAGE / "manifests" / "kind.yaml"))
            self._kubectl("-n", "monitoring", "rollout", "status", "deployment/prometheus", "--timeout=180s")
            # After a restart of the node the Deployment calls itself available for a while before it is.
            wait(lambda: PROMETHEUS_ANSWERS(self.layout), READY_WITHIN_S, f"Prometheus at {addresses.PROMETHEUS_URL}")
        with step("DNS and volumes"):
            for namespace, name in DEPLOYMENTS:
                self._kubectl("-n", namespace, "rollout", "status", f"deployment/{name}", "--timeout=180s")
        self._add_gpus()

    def down(self) -> None:
        """Delete the cluster: its nodes' containers and their volumes. The engine alone is asked, not kind."""
        for node in self.nodes():
            with step(f"delete {node}"):
                run([self.program, "rm", "--force", "--volumes", node])
        self._kubeconfig().unlink(missing_ok=True)
        shutil.rmtree(kind_config.shared_folder(self.layout), ignore_errors=True)

    def status(self) -> tuple[list[str], bool]:
        """Return each part's state."""
        parts = {
            "kube-apiserver": self._is_ready(),
            **{name: self._is_available(namespace, name) for namespace, name in DEPLOYMENTS},
            "prometheus": PROMETHEUS_ANSWERS(self.layout),
        }
        return [f"{name:26} {'works' if works else 'down'}" for name, works in parts.items()], all(parts.values())

    def builder(self) -> Builder:
        """Return what builds images here."""
        return self.engine

    def load(self, image: Image, wanted: str) -> None:
        """Load the newest build, whose key is `wanted`, into the nodes that have it not."""
        nodes = self.nodes()
        if not nodes:
            raise Failed("the cluster is down; start it with: python3 -m localcluster up")
        lacking = [node for node in nodes if kind_images.key_on(self.engine, node, image.name) != wanted]
        if not lacking:
            say(f"load {image.short}: unchanged")
            return
        with step(f"load {image.short}"):
            kind_images.send(self.engine, lacking, image.name, wanted)

    def programs(self) -> Path:
        """Return the folder of the kubectl in use."""
        return kind_tools.kubectl(self.layout).parent

    def environment(self) -> dict[str, str]:
        """Return the variables that point programs at the cluster."""
        return {
            "KUBECONFIG": str(self._kubeconfig()),
            "PATH": kind_tools.search_path(self.layout),
            "REFIT_PROMETHEUS_URL": addresses.PROMETHEUS_URL,
            "REFIT_CLUSTER": "kind",
            "REFIT_ENGINE": self.program,
        }

    def nodes(self) -> list[str]:
        """Return the names of the nodes' containers, whether they run or not."""
        listed = run([self.program, "ps", "--all", "--filter", NODES, "--format", "{{.Names}}"])
        return sorted(listed.split())

    def _create(self) -> None:
        if PROMETHEUS_ANSWERS(self.layout):
            by = "by a Prometheus of another cluster? An assembled node ends with REFIT_CLUSTER=node"
            raise Failed(f"port {addresses.PROMETHEUS} of this machine is taken, {by} {DOWN}")
        config = kind_config.write(self.layout)
        words = ["--name", CLUSTER, "--config", str(config), "--image", node_image(), "--wait", "180s"]
        self._kind("create", "cluster", *words)
        run([self.program, "exec", CONTROL_PLANE, "touch", COMPLETE])

    def _start_nodes(self, nodes: list[str]) -> None:
        """Start nodes that are stopped, as after a reboot, and wait for the API server.

        The kubeconfig is written again: the cluster may be of another cache, and its port another than before.
        """
        kind_config.refuse_another_size(nodes)
        if not succeeds([self.program, "cp", f"{CONTROL_PLANE}:{COMPLETE}", "-"]):
            raise Failed(f"the kind cluster {CLUSTER} was not made to its end; begin again with {DOWN} and up")
        run([self.program, "start", *nodes])
        self._kind("export", "kubeconfig", "--name", CLUSTER)
        wait(self._is_ready, READY_WITHIN_S, "the API server of the kind cluster")

    def _is_ready(self) -> bool:
        return self._kubeconfig().exists() and succeeds([*self._kubectl_argv(), "get", "--raw=/readyz"], timeout_s=10)

    def _is_available(self, namespace: str, name: str) -> bool:
        words = ["-n", namespace, "wait", f"deployment/{name}", "--for=condition=Available", "--timeout=1s"]
        return self._kubeconfig().exists() and succeeds([*self._kubectl_argv(), *words], timeout_s=10)

    def _add_gpus(self) -> None:
        patch = json.dumps(gpu_patch())
        for name in self._kubectl("get", "nodes", "-o", "name").split():
            self._kubectl("patch", name, "--subresource=status", "--type=json", "-p", patch)

    def _kubeconfig(self) -> Path:
        return self.layout.pki / "kind.kubeconfig"

    def _kind(self, *arguments: str) -> str:
        self._kubeconfig().parent.mkdir(parents=True, exist_ok=True)
        env = {"KUBECONFIG": str(self._kubeconfig()), "KIND_EXPERIMENTAL_PROVIDER": self.program}
        return run([kind_tools.kind(self.layout), *arguments], env=env)

    def _kubectl(self, *arguments: str) -> str:
        return run([*self._kubectl_argv(), *arguments])

    def _kubectl_argv(self) -> list[str]:
        return [str(kind_tools.kubectl(self.layout)), "--kubeconfig", str(self._kubeconfig())]


def _no_image(program: str, cause: str) -> str:
    return (
        f"{program} answers, but kind's node image {node_image()} is not here and can't be pulled ({cause}): name one "
        "that is here in REFIT_NODE_IMAGE, or, on Debian as root, set REFIT_CLUSTER=node for a node without an engine"
    )
