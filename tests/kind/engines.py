"""The container engine that a kind cluster runs in: the machine's, or where none answers one in a corner of it."""

from dataclasses import dataclass
from pathlib import Path

from localcluster.commands import run, succeeds
from localcluster.paths import Layout
from tests.kind.corner import Corner

CHOICE = {"REFIT_CLUSTER": "kind"}


@dataclass(frozen=True)
class Engine:
    """Docker in the corner."""

    corner: Corner

    def has(self, image: str) -> bool:
        """Return whether the engine holds an image of that name."""
        return succeeds(self.corner.command(["docker", "image", "inspect", image]))

    def take_root(self, archive: Path, image: str) -> None:
        """Make an image of a root file system."""
        self.call("import", archive, image)

    def build(self, dockerfile: Path, image: str, root: str) -> None:
        """Build an image of a Dockerfile that needs no other files, on the image `root`."""
        words = ["docker", "build", "--quiet", "--build-arg", f"ROOT={root}", "--tag", image, "-"]
        run(self.corner.command(words), stdin=dockerfile.read_text())

    def call(self, *words: str | Path) -> str:
        """Run one of Docker's commands and return what it prints."""
        return run(self.corner.command(["docker", *map(str, words)]))


def settings(engine: str | None, node_image: str) -> dict[str, str]:
    """Return the variables that have the local cluster be kind's: on the machine's engine, or in the corner if None.

    Only in the corner kind's own node image can't be had.
    """
    return CHOICE if engine else {**CHOICE, "REFIT_NODE_IMAGE": node_image}


def corner_of(layout: Layout) -> Engine:
    """Return the corner's engine."""
    return Engine(Corner(layout))
