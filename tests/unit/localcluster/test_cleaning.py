from pathlib import Path

from localcluster.leftovers import mounts_below
from localcluster.network import without_our_rules
from localcluster.packages import PACKAGES, missing_packages

SAVED = """*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:CNI-0123 - [0:0]
:DOCKER - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -s 10.244.0.3/32 -m comment --comment "name: \\"refit\\"" -j CNI-0123
-A CNI-0123 ! -d 224.0.0.0/4 -j MASQUERADE
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
COMMIT
"""
MOUNTS = """21 1 254:0 / / rw - ext4 /dev/vda rw
47 21 254:0 /c/state/kubelet /c/state/kubelet rw - ext4 /dev/vda rw
48 47 0:40 / /c/state/kubelet/pods/a\\040b rw - tmpfs tmpfs rw
49 21 0:41 / /c/state-of-another rw - tmpfs tmpfs rw
"""


def test_only_the_chains_of_kubernetes_and_cni_go() -> None:
    assert without_our_rules(SAVED) == (
        "*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n"
        "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\nCOMMIT\n"
    )


def test_rules_without_ours_stay_as_they_are() -> None:
    cleaned = without_our_rules(SAVED)
    assert without_our_rules(cleaned) == cleaned


def test_mounts_are_unmounted_innermost_first_and_only_below_the_folder() -> None:
    assert mounts_below(Path("/c/state"), MOUNTS) == ["/c/state/kubelet/pods/a b", "/c/state/kubelet"]


def test_only_packages_that_are_fully_installed_count() -> None:
    status = (
        "Package: containerd\nStatus: install ok installed\nVersion: 1\n\n"
        "Package: runc\nStatus: deinstall ok config-files\n\n"
    )
    assert set(PACKAGES) - set(missing_packages(status)) == {"containerd"}
