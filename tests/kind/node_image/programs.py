"""The programs in the node image: the local cluster's own, and those that only kind's nodes need."""

from dataclasses import dataclass
from pathlib import Path

from localcluster.binaries import COREDNS, ETCD, KUBERNETES, PROMETHEUS, VERSION_FLAGS, Source, ensure_binaries
from localcluster.paths import Layout

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Pinned(Source):
    """Programs that a go.mod beside this file pins."""

    @property
    def folder(self) -> Path:
        """Where go.mod lies."""
        return FOLDER / "go" / self.name


KUBEADM = Source("kubeadm", ("k8s.io/kubernetes/cmd/kubeadm",), VERSION_FLAGS, module="kubernetes")
SOURCES = (
    KUBERNETES,
    ETCD,
    COREDNS,
    PROMETHEUS,
    KUBEADM,
    Pinned("provisioner", ("github.com/rancher/local-path-provisioner",)),
)


def built(layout: Layout) -> dict[str, Path]:
    """Build what isn't there yet, and return the path of each program by its name."""
    ensure_binaries(layout, SOURCES)
    return {path.name: path for source in SOURCES for path in source.output(layout).iterdir()}


def keys(layout: Layout) -> list[str]:
    """Return what tells one set of programs from another, without building them."""
    return [source.output(layout).name for source in SOURCES]
