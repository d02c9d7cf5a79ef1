"""The provider `node`: prepare programs and packages, then run the assembled node."""

import os
from dataclasses import dataclass
from pathlib import Path

from localcluster import loading, node
from localcluster.binaries import KUBERNETES, NODE_SOURCES, are_built, ensure_binaries
from localcluster.buildah import Buildah
from localcluster.builder import Builder, Image
from localcluster.commands import Failed
from localcluster.components import ALL
from localcluster.disk import check_disk
from localcluster.packages import ensure_packages
from localcluster.paths import Layout

# What a run writes: Kubernetes and Go's caches; both images in the build's storage and in containerd; logs and volumes.
PROGRAMS_GIB = 6.0
IMAGES_GIB = 8.0
RUNNING_GIB = 1.0


@dataclass(frozen=True)
class Assembled:
    """A real node made of parts on this machine."""

    layout: Layout

    def install(self) -> None:
        """Install Debian packages, if there is room for all that follows."""
        if os.geteuid() != 0:
            raise Failed("the assembled node needs root: it runs containers, a bridge and iptables")
        have_images = (self.layout.images / "storage").exists()
        check_disk(self.layout.root, needed_gib(are_built(self.layout, NODE_SOURCES), have_images))
        ensure_packages(self.layout.root / "apt.log")

    def fetch(self) -> None:
        """Nothing: what isn't Debian's is built."""

    def compile(self) -> None:
        """Build the programs that Debian does not package."""
        ensure_binaries(self.layout, NODE_SOURCES)

    def start(self) -> None:
        """Start the node."""
        node.start_node(self.layout)

    def down(self) -> None:
        """End it and clean up."""
        node.stop_node(self.layout)

    def status(self) -> tuple[list[str], bool]:
        """Return each component's state."""
        alive = node.running(self.layout)
        states = {component: component in alive and component.check(self.layout) for component in ALL}
        lines = [f"{component.name:26} {'works' if works else 'down'}" for component, works in states.items()]
        return lines, all(states.values())

    def builder(self) -> Builder:
        """Return what builds images here."""
        return Buildah(self.layout)

    def load(self, image: Image, wanted: str) -> None:
        """Load the newest build, whose key is `wanted`, into the node's containerd."""
        if not node.running(self.layout):
            raise Failed("the cluster is down; start it with: python -m localcluster up")
        loading.load(self.layout, image, wanted)

    def programs(self) -> Path:
        """Return the folder of Kubernetes' programs."""
        return KUBERNETES.output(self.layout)

    def environment(self) -> dict[str, str]:
        """Return the variables that point programs at the node."""
        return node.environment(self.layout)


def needed_gib(have_programs: bool, have_images: bool) -> float:
    """Return how much room a run needs, in GiB, by what is in the cache already."""
    return RUNNING_GIB + (0 if have_programs else PROGRAMS_GIB) + (0 if have_images else IMAGES_GIB)
