"""The provider `node`: prepare programs and packages, then run the assembled node."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from localcluster import loading, node
from localcluster.binaries import are_built, ensure_binaries
from localcluster.commands import Failed
from localcluster.components import ALL
from localcluster.images import Image
from localcluster.packages import STATUS, ensure_packages, missing_packages
from localcluster.paths import Layout
from localcluster.progress import step

COLD_GIB = 8.0
WARM_GIB = 1.0


@dataclass(frozen=True)
class Assembled:
    """A real node made of parts on this machine."""

    layout: Layout

    def up(self) -> None:
        """Install, build, start."""
        if os.geteuid() != 0:
            raise Failed("the assembled node needs root: it runs containers, a bridge and iptables")
        check_disk(self.layout.root, WARM_GIB if are_built(self.layout) else COLD_GIB)
        if not STATUS.exists() or missing_packages(STATUS.read_text()):
            with step("Debian packages"):
                ensure_packages(self.layout.root / "apt.log")
        ensure_binaries(self.layout)
        with step("up"):
            node.start_node(self.layout)

    def down(self) -> None:
        """End it and clean up."""
        with step("down"):
            node.stop_node(self.layout)

    def status(self) -> tuple[list[str], bool]:
        """Return each component's state."""
        alive = node.running(self.layout)
        states = {component: component in alive and component.check(self.layout) for component in ALL}
        lines = [f"{component.name:26} {'works' if works else 'down'}" for component, works in states.items()]
        return lines, all(states.values())

    def load(self, image: Image) -> None:
        """Load an image into the node's containerd."""
        if not node.running(self.layout):
            raise Failed("the cluster is down; start it with: python -m localcluster up")
        loading.load(self.layout, image)

    def environment(self) -> dict[str, str]:
        """Return the variables that point programs at the node."""
        return node.environment(self.layout)


def check_disk(folder: Path, need_gib: float) -> None:
    """Refuse to begin what would fill the disk; `need_gib` GiB must be free where the cache lies."""
    existing = next(parent for parent in [folder, *folder.parents] if parent.exists())
    free_gib = shutil.disk_usage(existing).free / 2**30
    if free_gib < need_gib:
        raise Failed(f"{existing} has {free_gib:.1f} GiB free and this needs {need_gib:.0f}; free some, or set REFIT_CACHE")
