"""The control groups that the node's pods run in: below one of the node's own, never another kubelet's /kubepods.

A kubelet ends what it finds in its groups and doesn't know; two that share one end each other's pods.
"""

from pathlib import Path

from localcluster.keys import key
from localcluster.paths import Layout

MOUNT = Path("/sys/fs/cgroup")
CPUSET = ("cpuset.cpus", "cpuset.mems")


def root(layout: Layout) -> str:
    """Return the name of the node's group, as the kubelet has it."""
    return f"/refit-{key(str(layout.root))[:8]}"


def ensure(layout: Layout, mount: Path = MOUNT) -> None:
    """Make the group in each hierarchy, or in the only one; what a new group doesn't inherit is copied."""
    for hierarchy in _hierarchies(mount):
        group = hierarchy / root(layout).lstrip("/")
        group.mkdir(exist_ok=True)
        for name in CPUSET:
            if (hierarchy / name).exists() and not (group / name).read_text().strip():
                (group / name).write_text((hierarchy / name).read_text())
        if (hierarchy / "cgroup.controllers").exists() and hierarchy == mount:
            _delegate(hierarchy)
            _delegate(group)


def remove(layout: Layout, mount: Path = MOUNT) -> None:
    """Remove the group; parts that still hold a process stay."""
    for hierarchy in _hierarchies(mount):
        top = hierarchy / root(layout).lstrip("/")
        for group in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
            _remove_folder(group)
        _remove_folder(top)


def _hierarchies(mount: Path) -> list[Path]:
    """Return where each hierarchy is mounted: one folder on cgroup v2, one for each controller on v1."""
    if (mount / "cgroup.controllers").exists():
        return [mount]
    return sorted(path for path in mount.iterdir() if path.is_dir() and not path.is_symlink())


def _delegate(group: Path) -> None:
    controllers = (group / "cgroup.controllers").read_text().split()
    (group / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in controllers))


def _remove_folder(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:
        return
