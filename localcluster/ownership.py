"""One assembled node a machine: it has the machine's ports, bridge and firewall rules, whatever REFIT_CACHE says."""

from pathlib import Path

from localcluster import processes
from localcluster.commands import DOWN, Failed
from localcluster.paths import Layout

OWNER = Path("/run/refit-node")


def claim(layout: Layout, kubelet: str, owner: Path = OWNER) -> None:
    """Have the machine for the node of this cache. Raises `Failed` while the node of another one runs.

    `kubelet` is the name of the pid file below a cache by which its node is known to run.
    """
    root = _root(owner)
    if root and root != layout.root and processes.read(Layout(root).pids / kubelet) is not None:
        end = f"REFIT_CACHE={root} REFIT_CLUSTER=node {DOWN}"
        raise Failed(f"this machine runs the assembled node of another cache, and has room for one: end it with {end}")
    owner.parent.mkdir(parents=True, exist_ok=True)
    owner.write_text(str(layout.root))


def release(layout: Layout, owner: Path = OWNER) -> None:
    """Give the machine back, if it is this cache's."""
    if _root(owner) == layout.root:
        owner.unlink(missing_ok=True)


def _root(owner: Path) -> Path | None:
    try:
        return Path(owner.read_text())
    except OSError:
        return None
