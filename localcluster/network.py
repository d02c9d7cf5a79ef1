"""The node's network: a bridge for the pods, the CNI configuration, and removing every trace of both."""

import json
import subprocess
from pathlib import Path

from localcluster import addresses
from localcluster.commands import run, succeeds
from localcluster.paths import Layout

CNI_NAME = "refit"
CNI_BIN = "/usr/lib/cni"
CNI_RESULTS = Path("/var/lib/cni/results")
# Pods' packets also leave through networks with less room than Ethernet's 1500.
MTU = 1400
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


def cni_leases(layout: Layout) -> Path:
    """Return where host-local keeps the addresses it has given out."""
    return layout.state / "cni-leases"


def render_cni(layout: Layout) -> str:
    """Return the CNI network list: a bridge with addresses, and host ports."""
    bridge = {
        "type": "bridge",
        "bridge": addresses.BRIDGE,
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "mtu": MTU,
        "ipam": {
            "type": "host-local",
            "dataDir": str(cni_leases(layout)),
            "ranges": [[{"subnet": addresses.POD_CIDR, "gateway": addresses.NODE_IP}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "0.4.0", "name": CNI_NAME, "plugins": [bridge, portmap]}, indent=2)


def ensure_bridge() -> None:
    """Make the bridge now: the node's own address is the bridge's, and exists before the first pod."""
    if not succeeds(["ip", "link", "show", addresses.BRIDGE]):
        run(["ip", "link", "add", addresses.BRIDGE, "type", "bridge"])
        run(["ip", "addr", "add", f"{addresses.NODE_IP}/24", "dev", addresses.BRIDGE])
    run(["ip", "link", "set", addresses.BRIDGE, "mtu", str(MTU), "up"])
    run(["ip", "route", "replace", addresses.SERVICE_CIDR, "dev", addresses.BRIDGE, "src", addresses.NODE_IP])
    FORWARDING.write_text("1")


def remove_network() -> None:
    """Remove the bridge, its pods' interfaces, what CNI remembers of them, and the rules."""
    links = subprocess.run(["ip", "-j", "link", "show", "master", addresses.BRIDGE], capture_output=True, check=False)
    for link in json.loads(links.stdout or b"[]"):
        succeeds(["ip", "link", "delete", link.get("ifname", "")])
    succeeds(["ip", "link", "delete", addresses.BRIDGE])
    for result in CNI_RESULTS.glob(f"{CNI_NAME}-*"):
        result.unlink(missing_ok=True)
    for family in ("iptables", "ip6tables"):
        _remove_rules(family)


def _remove_rules(family: str) -> None:
    saved = subprocess.run([f"{family}-save"], capture_output=True, text=True, check=False)
    if saved.returncode == 0 and saved.stdout != without_our_rules(saved.stdout):
        run([f"{family}-restore"], stdin=without_our_rules(saved.stdout))


def without_our_rules(saved: str) -> str:
    """Return an iptables-save listing without kube-proxy's, the kubelet's and CNI's chains and jumps to them."""
    return "".join(line for line in saved.splitlines(keepends=True) if not _is_ours(line))


def _is_ours(line: str) -> bool:
    words = line.split()
    return any(word.lstrip(":").startswith(("KUBE-", "CNI-")) for word in words) and words[0][0] in ":-"
