"""The nodes of a kind cluster, and what may happen to one: cordoned, drained, off, frozen, and back again."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.cluster.kubectl import Document, Refused, cluster_environment, kubectl

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
HOST = "kubernetes.io/hostname"
BACK_WITHIN_S = 240
OFF_FOR_GOOD = "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"


def nodes(*flags: str) -> list[str]:
    """Return the names of the nodes; the nodes' containers have the same."""
    return sorted(name.removeprefix("node/") for name in kubectl("get", "nodes", "-o", "name", *flags).split())


def workers() -> list[str]:
    """Return the names of the nodes that aren't the control plane's."""
    return nodes(f"--selector=!{CONTROL_PLANE}")


def engine(*words: str, limit_s: float = 60) -> str:
    """Run the container engine that the nodes are containers of."""
    env = cluster_environment()
    done = subprocess.run([env["REFIT_ENGINE"], *words], env=env, capture_output=True, text=True, timeout=limit_s)
    assert done.returncode == 0, done.stderr
    return done.stdout


def on(node: str) -> Document:
    """Return a pod's nodeSelector that only this node has."""
    return {HOST: node}


def rather_on(node: str) -> Document:
    """Return a pod's affinity by which it comes to this node if it can."""
    here = {"matchExpressions": [{"key": HOST, "operator": "In", "values": [node]}]}
    term = {"weight": 100, "preference": here}
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}


def node_of(pod: Document) -> str:
    return str(pod["spec"].get("nodeName", ""))


@contextmanager
def cordoned(node: str) -> Iterator[None]:
    kubectl("cordon", node)
    try:
        yield
    finally:
        kubectl("uncordon", node)


@contextmanager
def drained(node: str) -> Iterator[None]:
    """Have no pods on the node, and let none come, as its administrator does before it is repaired."""
    with cordoned(node):
        kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=100s")
        yield


@contextmanager
def stopped(node: str) -> Iterator[None]:
    """Have the node off at once, so that nothing on it says a word, as one that lost power. `stop` has it shut down."""
    engine("kill", node)
    try:
        yield
    finally:
        start(node)


def start(node: str) -> None:
    engine("start", node)
    wait_ready(node)


@contextmanager
def frozen(node: str) -> Iterator[None]:
    """Have the node stand still and lose nothing: so looks one that lost its network for a while."""
    engine("pause", node)
    try:
        yield
    finally:
        engine("unpause", node)
        wait_ready(node)


def wait_ready(node: str) -> None:
    kubectl("wait", f"node/{node}", "--for=condition=Ready", f"--timeout={BACK_WITHIN_S}s", limit_s=BACK_WITHIN_S + 10)


@contextmanager
def off_for_good(node: str) -> Iterator[None]:
    """Say that the node is off, by the taint that Kubernetes has for it: its pods are deleted without its kubelet."""
    kubectl("taint", "node", node, OFF_FOR_GOOD)
    try:
        yield
    finally:
        with suppress(Refused):
            kubectl("taint", "node", node, f"{OFF_FOR_GOOD}-")
