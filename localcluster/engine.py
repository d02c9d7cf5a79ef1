"""The container engine of this machine, where there is one: it builds and runs images for a kind cluster."""

import functools
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcluster.builder import Errand, Image
from localcluster.commands import run, succeeds
from localcluster.paths import CHECKOUT, Layout


@functools.cache
def find_engine() -> str | None:
    """Return `docker` or `podman`, whichever answers first; None where neither does."""
    return next((name for name in ("docker", "podman") if succeeds([name, "info"])), None)


@dataclass(frozen=True)
class Engine:
    """docker or podman."""

    layout: Layout
    program: str

    def has(self, name: str) -> bool:
        """Return whether the engine holds an image of that name."""
        return succeeds([self.program, "image", "inspect", name])

    def build(self, image: Image) -> None:
        """Build an image on the base its Dockerfile names."""
        log = self.layout.images / "logs" / f"build-{image.short}.log"
        run([self.program, "build", "-f", CHECKOUT / image.dockerfile, "-t", image.name, CHECKOUT], log=log)

    def run(self, image: Image, errand: Errand, command: Sequence[str]) -> int:
        """Run a command in a throw-away container of an image and return its exit status."""
        options = ["--rm", "--network", "host", "--workdir", errand.folder, "--user", errand.user, "--entrypoint", ""]
        options += [word for mount in errand.mounts for word in ("-v", mount)]
        options += [word for name, value in errand.env.items() for word in ("-e", f"{name}={value}")]
        return subprocess.run([self.program, "run", *options, image.name, *command], check=False).returncode

    def archive(self, image: Image, name: str, path: Path) -> None:
        """Save an image as a docker-archive, under a name of its own."""
        run([self.program, "tag", image.name, name])
        run([self.program, "save", "-o", path, name])
