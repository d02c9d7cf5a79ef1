"""Find and remove what a node leaves behind: shims, pods' processes, mounts.

Nothing is taken by name: a shim is ours when it talks to our containerd's socket, a process when it is in the control
group of a container of ours, a mount when it lies below our folders.
"""

import re
from pathlib import Path

from localcluster import processes
from localcluster.commands import succeeds
from localcluster.network import CNI_RESULTS
from localcluster.paths import Layout

CONTAINER_LOGS = Path("/var/log/containers")
CONTAINER_ID = re.compile(r"[0-9a-f]{64}")


def remove_containers(layout: Layout) -> None:
    """End every shim and every container's processes, and remove the files these keep outside our folders."""
    containers = container_ids(layout)
    found = [identified for pid in processes.pids() if _is_ours(pid, layout, containers)
             if (identified := processes.identify(pid))]  # fmt: skip
    processes.kill(found)
    for file in _strewn_files(layout, containers):
        file.unlink(missing_ok=True)


def _strewn_files(layout: Layout, containers: set[str]) -> list[Path]:
    """Return the sockets of shims, CNI's records and the kubelet's links to logs, of our containers only."""
    sockets = [Path(file.read_text().removeprefix("unix://")) for file in _tasks(layout, "*/address")]
    results = [path for path in CNI_RESULTS.glob("cni-loopback-*") if path.name.split("-")[2] in containers]
    links = [path for path in CONTAINER_LOGS.glob("*.log") if path.readlink().is_relative_to(layout.state)]
    return sockets + results + links


def _tasks(layout: Layout, pattern: str) -> list[Path]:
    return list((layout.state / "containerd" / "io.containerd.runtime.v2.task" / "k8s.io").glob(pattern))


def container_ids(layout: Layout) -> set[str]:
    """Return the ids of the containers that our containerd has running, or had when it was killed."""
    return {path.name for path in _tasks(layout, "*")}


def _is_ours(pid: int, layout: Layout, containers: set[str]) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        groups = Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return False
    is_shim = "containerd-shim" in words[0] and str(layout.containerd_socket) in words
    return is_shim or not containers.isdisjoint(CONTAINER_ID.findall(groups))


def unmount(folder: Path) -> None:
    """Unmount everything below a folder, the innermost first."""
    for mount in mounts_below(folder, Path("/proc/self/mountinfo").read_text()):
        succeeds(["umount", "-l", mount])


def mounts_below(folder: Path, mountinfo: str) -> list[str]:
    """Return the mount points at or below a folder, the latest first."""
    points = [line.split()[4].replace("\\040", " ") for line in mountinfo.splitlines()]
    return [point for point in reversed(points) if Path(point).is_relative_to(folder)]
