"""Configuration files of the node's components, rendered into the state folder.

Kubernetes reads JSON where it reads YAML, so no template is needed.
"""

import json

from localcluster import addresses, control_groups
from localcluster.certificates import client_named, kubeconfig
from localcluster.network import CNI_BIN, CNI_NAME, render_cni
from localcluster.paths import Layout
from localcluster.pause import PAUSE_IMAGE

DISCOVERY_URL = f"http://127.0.0.1:{addresses.DISCOVERY}/targets"


def write_configs(layout: Layout) -> None:
    """Write every configuration file."""
    files = {
        "containerd.toml": render_containerd(layout),
        f"cni/10-{CNI_NAME}.conflist": render_cni(layout),
        "kubelet.json": render_kubelet(layout),
        "kube-proxy.json": render_kube_proxy(layout),
        "Corefile": render_corefile(layout),
        "resolv.conf": _upstream_resolv_conf(),
        "prometheus.yaml": render_prometheus(),
    }
    for name, text in files.items():
        path = layout.config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def render_containerd(layout: Layout) -> str:
    """Return containerd's configuration."""
    return f"""version = 2
root = "{layout.containerd}"
state = "{layout.state}/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "{layout.containerd_socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  # Without this every sandbox fails ("can't get final child's PID") on a machine whose root lacks CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{CNI_BIN}"
    conf_dir = "{layout.config}/cni"
"""


def render_kubelet(layout: Layout) -> str:
    """Return the kubelet's configuration."""
    settings = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "port": addresses.KUBELET,
        "healthzPort": addresses.KUBELET_HEALTH,
        "authentication": {
            "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
            "webhook": {"enabled": True},
            "anonymous": {"enabled": False},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": control_groups.root(layout),
        "failSwapOn": False,
        "failCgroupV1": False,
        "clusterDomain": "cluster.local",
        "clusterDNS": [addresses.NODE_IP],
        "resolvConf": str(layout.config / "resolv.conf"),
        "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
        # The disk may be nearly full, and images came by hand: never collect them, evict only at the very end.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "volumePluginDir": str(layout.state / "kubelet-plugins"),
        "podLogsDir": str(layout.state / "pod-logs"),
        "serializeImagePulls": False,
        "maxPods": 200,
    }
    return json.dumps(settings, indent=2)


def render_kube_proxy(layout: Layout) -> str:
    """Return kube-proxy's configuration."""
    settings = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": addresses.CLUSTER_CIDR,
        "hostnameOverride": addresses.NODE_NAME,
        "clientConnection": {"kubeconfig": str(kubeconfig(layout, client_named("proxy")))},
        "conntrack": {"maxPerCore": 0},
        "healthzBindAddress": f"127.0.0.1:{addresses.KUBE_PROXY_HEALTH}",
        "metricsBindAddress": f"127.0.0.1:{addresses.KUBE_PROXY_METRICS}",
        "iptables": {"minSyncPeriod": "0.2s"},
    }
    return json.dumps(settings, indent=2)


def render_corefile(layout: Layout) -> str:
    """Return CoreDNS's configuration: the cluster's names, and the machine's resolver for all others."""
    return f""".:53 {{
  bind {addresses.NODE_IP}
  errors
  health 127.0.0.1:{addresses.COREDNS_HEALTH}
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {kubeconfig(layout, client_named("admin"))} refit
    pods insecure
    ttl 5
  }}
  forward . {layout.config}/resolv.conf
  cache 5
}}
"""


def _upstream_resolv_conf() -> str:
    """Return the machine's name servers; a documentation address where it has none, which fails at once."""
    try:
        with open("/etc/resolv.conf", encoding="utf-8") as file:  # noqa: PTH123
            servers = [line for line in file if line.startswith("nameserver")]
    except OSError:
        servers = []
    return "".join(servers) or "nameserver 192.0.2.53\n"


def render_prometheus() -> str:
    """Return Prometheus's configuration: it scrapes what our discovery lists."""
    job = {
        "job_name": "pods",
        "http_sd_configs": [{"url": DISCOVERY_URL, "refresh_interval": "2s"}],
    }
    return json.dumps({"global": {"scrape_interval": "2s", "scrape_timeout": "2s"}, "scrape_configs": [job]}, indent=2)
