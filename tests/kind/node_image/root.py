"""The node's root file system: Debian with systemd, containerd and Kubernetes, and the images of the pods in it."""

from collections.abc import Mapping
from pathlib import Path

from localcluster.bases import make_root
from tests.kind.node_image.contents import SUITE, version_of
from tests.kind.node_image.programs import FOLDER

PACKAGES = (
    *("systemd", "containerd", "runc", "containernetworking-plugins", "iptables", "conntrack", "iproute2", "ethtool"),
    *("socat", "util-linux", "mount", "kmod", "procps", "ca-certificates", "bash"),
)
PROGRAMS = ("kubeadm", "kubelet", "kubectl")
SERVICES = ("containerd.service", "images.service", "kubelet.service")
REACH_PAST_THE_CONTAINER = (
    *("systemd-sysctl.service", "systemd-binfmt.service", "proc-sys-fs-binfmt_misc.automount"),
    *("systemd-udevd.service", "systemd-modules-load.service", "dev-hugepages.mount"),
    *("sys-kernel-debug.mount", "sys-kernel-tracing.mount"),
)
WAIT_IN_VAIN = (
    *("getty.target", "console-getty.service", "systemd-logind.service", "systemd-remount-fs.service"),
    *("systemd-timesyncd.service", "systemd-networkd.service", "systemd-resolved.service", "apt-daily.timer"),
    *("apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service"),
)


def write_root(programs: Mapping[str, Path], images: Path, target: Path) -> None:
    """Write the root file system; `images` is the folder of the pods' images."""
    make_root(SUITE, PACKAGES, target, hooks(programs, images))


def hooks(programs: Mapping[str, Path], images: Path) -> list[str]:
    """Return what is done in the root file system once the packages are in it, as mmdebstrap's hooks."""
    return [
        'mkdir -p "$1/kind/images" "$1/etc/kubernetes/manifests" "$1/etc/cni/net.d"',
        f"sync-in {FOLDER / 'rootfs'} /",
        *(f"upload {programs[name]} /usr/bin/{name}" for name in PROGRAMS),
        f"sync-in {images} /kind/images",
        f'echo {version_of(programs["kubeadm"])} > "$1/kind/version"',
        'chmod 755 "$1"/usr/bin/kube*',
        'ln -sf /lib/systemd/systemd "$1/sbin/init"',
        f'chroot "$1" systemctl mask {" ".join((*REACH_PAST_THE_CONTAINER, *WAIT_IN_VAIN))}',
        f'chroot "$1" systemctl enable {" ".join(SERVICES)}',
        'chroot "$1" systemctl set-default multi-user.target',
        'echo ReadKMsg=no >> "$1/etc/systemd/journald.conf"',
        'rm -f "$1/etc/machine-id" "$1"/var/cache/apt/archives/*.deb',
    ]
