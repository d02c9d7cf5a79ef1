"""Requests to the node's containerd: images by content, and forgetting containers of an earlier cluster."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from localcluster.builder import KEY
from localcluster.commands import run
from localcluster.paths import Layout
from localcluster.pause import PAUSE_IMAGE, write_archive

Ctr = Callable[..., str]
"""Runs `ctr` in the kubelet's namespace and returns what it prints."""
CTR = ("ctr", "-n", "k8s.io")


def key_of(ctr: Ctr, name: str) -> str:
    """Return the key of the build that is there under a name, by its label; empty where there is none."""
    for line in ctr("images", "list", f"name=={name}").splitlines()[1:]:
        for label in line.split()[-1].split(","):
            found, _, value = label.partition("=")
            if found == KEY:
                return value
    return ""


def mark(ctr: Ctr, name: str, key: str) -> None:
    """Put the key of a build on its image there."""
    ctr("images", "label", name, f"{KEY}={key}")


def ctr(layout: Layout, *arguments: str | Path) -> str:
    """Run `ctr` in the kubelet's namespace and return what it prints."""
    return run([*CTR, "-a", layout.containerd_socket, *arguments])


def image_names(layout: Layout) -> set[str]:
    """Return the names of the images on the node."""
    return set(ctr(layout, "images", "list", "-q").split())


def ensure_pause_image(layout: Layout) -> None:
    """Load the pause image unless it is there."""
    if PAUSE_IMAGE in image_names(layout):
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "pause.tar"
        write_archive(archive)
        ctr(layout, "images", "import", archive)


def forget_containers(layout: Layout) -> bool:
    """Delete the records and the snapshots of containers that no longer run; return whether there were any."""
    names = ctr(layout, "containers", "list", "-q").split()
    if names:
        ctr(layout, "containers", "delete", *names)
    return bool(names)
