"""Claims on volumes of a kind: bound to one node, seen by all nodes, or a folder that a node has."""

from collections.abc import Iterator
from contextlib import contextmanager

from localcluster.disposable import disposable
from localcluster.kind_config import SHARED
from tests.support.cluster.kubectl import Document, Space, kubectl
from tests.support.cluster.nodes import engine, on, workers
from tests.support.cluster.objects import RESTRICTED, STUB, claim


class Volumes:
    """Volumes of a test's namespace that are folders of nodes; they go with the test."""

    def __init__(self, space: Space) -> None:
        self._space, self.made = space, list[str]()

    def folder(self, claim: str, path: str, mode: str = "ReadWriteOnce") -> None:
        """Make a claim whose volume is a folder of whichever node mounts it."""
        name = f"{self._space.name}-{claim}"
        size, alone = {"storage": "1Mi"}, {"accessModes": [mode], "storageClassName": "", "volumeMode": "Filesystem"}
        folder = {"capacity": size, "hostPath": {"path": path, "type": "Directory"}}
        owner = {
            "claimRef": {"namespace": self._space.name, "name": claim},
            "persistentVolumeReclaimPolicy": "Retain",
        }
        wants = {"resources": {"requests": size}, "volumeName": name}
        self.made.append(name)
        self._space.apply(disposable(document("PersistentVolume", name, folder | owner | alone)))
        self._space.apply(document("PersistentVolumeClaim", claim, wants | alone))


def document(kind: str, name: str, spec: Document) -> Document:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


@contextmanager
def volumes(space: Space) -> Iterator[Volumes]:
    made = Volumes(space)
    try:
        yield made
    finally:
        for name in made.made:
            kubectl("delete", "pv", name, "--wait=false", "--ignore-not-found")


def shared_folder(space: Space, claim: str) -> str:
    """Return where each node has what is on a shared claim."""
    return f"{SHARED}/{space.name}/{claim}"


@contextmanager
def shared(space: Space, *claims: str) -> Iterator[None]:
    """Have claims, ReadWriteMany, that all nodes mount."""
    node = workers()[0]
    with volumes(space) as made:
        for name in claims:
            engine("exec", node, "install", "-d", "-m", "0777", shared_folder(space, name))
            made.folder(name, shared_folder(space, name), mode="ReadWriteMany")
        try:
            yield
        finally:
            engine("exec", node, "rm", "-rf", f"{SHARED}/{space.name}")


def bind(space: Space, node: str, *claims: str) -> None:
    """Have claims whose volumes are on that node, since the first pod that mounts them is put there."""
    space.apply(*map(claim, claims), _first_pod(node, claims))
    space.wait(f"pod/first-on-{node}", ".status.phase", "Succeeded")
    space.run("delete", "pod", f"first-on-{node}")


def _first_pod(node: str, claims: tuple[str, ...]) -> Document:
    container = {
        "name": "main",
        "image": STUB,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", "pass"],
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": name, "mountPath": f"/{name}"} for name in claims],
    }
    spec = {
        "restartPolicy": "Never",
        "nodeSelector": on(node),
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims],
    }
    return document("Pod", f"first-on-{node}", spec)
