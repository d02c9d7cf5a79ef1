"""The node's components: what each is started with and how it says that it works."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localcluster import addresses, health
from localcluster.binaries import program
from localcluster.certificates import client_named, kubeconfig
from localcluster.health import Check
from localcluster.paths import CHECKOUT, Layout


@dataclass(frozen=True)
class Component:
    """One process of the node."""

    name: str
    argv: Callable[[Layout], list[str]]
    check: Check
    env: tuple[tuple[str, str], ...] = ()

    def log(self, layout: Layout) -> Path:
        """Return where its output goes."""
        return layout.logs / f"{self.name}.log"

    def pid_file(self, layout: Layout) -> Path:
        """Return where its process is remembered."""
        return layout.pids / f"{self.name}.json"


def loopback(port: int, scheme: str = "http") -> str:
    """Return a URL of this machine's loopback."""
    return f"{scheme}://127.0.0.1:{port}"


def _etcd(layout: Layout) -> list[str]:
    client, peer = loopback(addresses.ETCD), loopback(addresses.ETCD_PEER)
    # Nothing here outlives the machine, so nothing waits for the disk.
    return [
        program(layout, "etcd"), "--name=refit", f"--data-dir={layout.state}/etcd", "--unsafe-no-fsync",
        f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=refit={peer}",
    ]  # fmt: skip


def api_server(layout: Layout, port: int = addresses.API_SERVER, etcd_port: int = addresses.ETCD) -> list[str]:
    """Return the command of an API server; tests start more than the node's own."""
    pki = layout.pki
    return [
        program(layout, "kube-apiserver"),
        f"--etcd-servers={loopback(etcd_port)}",
        f"--advertise-address={addresses.NODE_IP}",
        f"--secure-port={port}",
        f"--service-cluster-ip-range={addresses.SERVICE_CIDR}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/server.crt",
        f"--tls-private-key-file={pki}/server.key",
        f"--kubelet-client-certificate={pki}/admin.crt",
        f"--kubelet-client-key={pki}/admin.key",
        # By address: the node's name is in no DNS.
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki}/service-account.pub",
        f"--service-account-signing-key-file={pki}/service-account.key",
    ]


def _controller_manager(layout: Layout) -> list[str]:
    config = kubeconfig(layout, client_named("controller-manager"))
    return [
        program(layout, "kube-controller-manager"),
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--bind-address=127.0.0.1",
        f"--secure-port={addresses.CONTROLLER_MANAGER}",
        "--leader-elect=false",
        "--use-service-account-credentials",
        f"--root-ca-file={layout.pki}/ca.crt",
        f"--service-account-private-key-file={layout.pki}/service-account.key",
        "--allocate-node-cidrs",
        f"--cluster-cidr={addresses.CLUSTER_CIDR}",
        f"--flex-volume-plugin-dir={layout.state}/kubelet-plugins",
    ]


def _scheduler(layout: Layout) -> list[str]:
    config = kubeconfig(layout, client_named("scheduler"))
    return [
        program(layout, "kube-scheduler"),
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--bind-address=127.0.0.1",
        f"--secure-port={addresses.SCHEDULER}",
        "--leader-elect=false",
    ]


def _containerd(layout: Layout) -> list[str]:
    return ["containerd", "--config", str(layout.config / "containerd.toml")]


def _kubelet(layout: Layout) -> list[str]:
    return [
        program(layout, "kubelet"),
        f"--config={layout.config}/kubelet.json",
        f"--kubeconfig={kubeconfig(layout, client_named('kubelet'))}",
        f"--root-dir={layout.state}/kubelet",
        f"--cert-dir={layout.state}/kubelet-pki",
        f"--hostname-override={addresses.NODE_NAME}",
        f"--node-ip={addresses.NODE_IP}",
    ]


def _kube_proxy(layout: Layout) -> list[str]:
    return [program(layout, "kube-proxy"), f"--config={layout.config}/kube-proxy.json"]


def _coredns(layout: Layout) -> list[str]:
    return [program(layout, "coredns"), "-conf", str(layout.config / "Corefile")]


def _volumes(_layout: Layout) -> list[str]:
    return [sys.executable, "-m", "localcluster.provisioner"]


def _prometheus(layout: Layout) -> list[str]:
    return [
        "prometheus",
        f"--config.file={layout.config}/prometheus.yaml",
        f"--storage.tsdb.path={layout.state}/prometheus",
        # Loopback for tests, the bridge for pods; this version takes only one address, so it is all of them.
        f"--web.listen-address=0.0.0.0:{addresses.PROMETHEUS}",
        "--web.enable-admin-api",
        "--storage.tsdb.retention.time=2d",
    ]


def _discovery(_layout: Layout) -> list[str]:
    return [sys.executable, "-m", "localcluster.discovery"]


OF_THE_CHECKOUT = (("PYTHONPATH", str(CHECKOUT)),)
ETCD = Component("etcd", _etcd, health.answers(loopback(addresses.ETCD) + "/health"))
CONTAINERD = Component("containerd", _containerd, health.containerd_answers)
API_SERVER = Component("kube-apiserver", api_server, health.api_server_is_ready)
CONTROLLER_MANAGER = Component(
    "kube-controller-manager",
    _controller_manager,
    health.answers(loopback(addresses.CONTROLLER_MANAGER, "https") + "/healthz"),
)
SCHEDULER = Component("kube-scheduler", _scheduler, health.answers(loopback(addresses.SCHEDULER, "https") + "/healthz"))
KUBELET = Component("kubelet", _kubelet, health.answers(loopback(addresses.KUBELET_HEALTH) + "/healthz"))
KUBE_PROXY = Component("kube-proxy", _kube_proxy, health.answers(loopback(addresses.KUBE_PROXY_HEALTH) + "/livez"))
COREDNS = Component("coredns", _coredns, health.answers(loopback(addresses.COREDNS_HEALTH) + "/health"))
VOLUMES = Component("volumes", _volumes, health.is_running, OF_THE_CHECKOUT)
DISCOVERY = Component(
    "discovery",
    _discovery,
    health.answers(loopback(addresses.DISCOVERY) + "/targets"),
    OF_THE_CHECKOUT,
)
PROMETHEUS = Component("prometheus", _prometheus, health.answers(addresses.PROMETHEUS_URL + "/-/ready"))

# What the API server needs, then what needs the API server.
FIRST = (ETCD, CONTAINERD)
LATER = (CONTROLLER_MANAGER, SCHEDULER, KUBELET, KUBE_PROXY, COREDNS, VOLUMES, DISCOVERY, PROMETHEUS)
ALL = (*FIRST, API_SERVER, *LATER)
