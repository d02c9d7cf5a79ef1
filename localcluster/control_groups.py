"""The control groups that the node's pods run in: below one of the node's own, never another kubelet's /kubepods.

A kubelet ends what it finds in its groups and doesn't know; two that share one end each other's pods.
"""

from contextlib import suppress
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


def remove(name: str, mount: Path = MOUNT) -> None:
    """Remove the group of a name in each hierarchy; parts that still hold a process stay."""
    found = (*mount.glob(name.lstrip("/")), *mount.glob(f"*/{name.lstrip('/')}"))
    for top in found:
        for group in sorted((path for path in [top, *top.rglob("*")] if path.is_dir()), reverse=True):
            with suppress(OSError):
                group.rmdir()


def _hierarchies(mount: Path) -> list[Path]:
    """Return where each hierarchy is mounted: one folder on cgroup v2, one for each controller on v1."""
    if (mount / "cgroup.controllers").exists():
        return [mount]
    return sorted(path for path in mount.iterdir() if path.is_dir() and not path.is_symlink())


def _delegate(group: Path) -> None:
    controllers = (group / "cgroup.controllers").read_text().split()
    (group / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in controllers))
