"""The images of what runs as a pod on a node: the control plane, the network, volumes, DNS and Prometheus."""

from collections.abc import Mapping
from pathlib import Path

from localcluster.bases import make_root
from localcluster.commands import run
from localcluster.paths import PACKAGE
from localcluster.pause import BUSYBOX
from tests.kind.node_image.archives import Archive
from tests.kind.node_image.programs import FOLDER

SUITE = "bookworm"
"""The last Debian whose systemd (252) starts on cgroup v1."""
NETWORK_PACKAGES = ("iptables", "conntrack", "kmod", "iproute2")
"""What kube-proxy and the network's program run."""
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
SHELL = ("sh", "mkdir", "rm", "chmod", "sleep")
"""What the pods run that make a volume's folder."""


def prometheus_image(manifest: str) -> str:
    """Return the name of Prometheus' image in the manifest of what a kind cluster gets."""
    images = [line.split("image:")[1].strip().strip("\"'") for line in manifest.splitlines() if "image:" in line]
    return next(name for name in images if "prometheus" in name)


def images_of(listed: str) -> dict[str, str]:
    """Return, by their short names, the images that `kubeadm config images list` names."""
    return {line.rpartition("/")[2].partition(":")[0]: line for line in listed.split()}


def version_of(kubeadm: Path) -> str:
    """Return the version of Kubernetes that kubeadm sets up."""
    return run([kubeadm, "version", "-o", "short"]).strip()


def write_images(programs: Mapping[str, Path], folder: Path) -> None:
    """Write an archive of each image; those that only a control plane runs are in a folder of their own."""
    kubeadm = programs["kubeadm"]
    names = images_of(run([kubeadm, "config", "images", "list", "--kubernetes-version", version_of(kubeadm)]))
    base = folder.with_name("network.tar")
    make_root(SUITE, NETWORK_PACKAGES, base)
    (folder / "control-plane").mkdir(parents=True)
    for name in CONTROL_PLANE:
        Archive(names[name], {name: programs[name]}).write(folder / "control-plane" / f"{name}.tar")
    for name, archive in every_node(programs, names, base).items():
        archive.write(folder / f"{name}.tar")


def every_node(programs: Mapping[str, Path], names: Mapping[str, str], base: Path) -> dict[str, Archive]:
    """Return the images of what may run on any node."""
    manifest = (PACKAGE / "manifests" / "kind.yaml").read_text()
    network = {"kubectl": programs["kubectl"], "node-network": FOLDER / "node-network"}
    provisioner = {"local-path-provisioner": programs["local-path-provisioner"]}
    sleep = ("busybox", "sleep", "2147483647")
    return {
        "kube-proxy": Archive(names["kube-proxy"], {"kube-proxy": programs["kube-proxy"]}, base=base),
        "coredns": Archive(names["coredns"], {"coredns": programs["coredns"]}, ("coredns",)),
        "network": Archive("localhost/kind-network:1", network, ("node-network",), base=base),
        "provisioner": Archive("localhost/kind-provisioner:1", provisioner, ("local-path-provisioner",)),
        "pause": Archive("localhost/kind-pause:1", {"busybox": BUSYBOX}, sleep, SHELL),
        "prometheus": Archive(prometheus_image(manifest), {"prometheus": programs["prometheus"]}, ("prometheus",)),
    }
