"""Requests to the node's containerd: images by content, and forgetting containers of an earlier cluster."""

import tempfile
from pathlib import Path

from localcluster.commands import run
from localcluster.paths import Layout
from localcluster.pause import PAUSE_IMAGE, write_archive


def ctr(layout: Layout, *arguments: str | Path) -> str:
    """Run `ctr` in the kubelet's namespace and return what it prints."""
    return run(["ctr", "-a", layout.containerd_socket, "-n", "k8s.io", *arguments])


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
