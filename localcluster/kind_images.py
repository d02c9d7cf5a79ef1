"""Images in the nodes of a kind cluster: a node is asked what it has, and only the layers that it lacks are sent."""

import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from localcluster import containerd
from localcluster.archives import Saved, read, write
from localcluster.commands import Failed, run
from localcluster.disk import check_disk
from localcluster.engine import Engine

ARCHIVE_GIB = 3.0
"""Room for the largest image, the trainer's, as an archive."""


def key_on(engine: Engine, node: str, name: str) -> str:
    """Return the key of the build that a node has under a name; empty where it has none."""
    return containerd.key_of(_ctr(engine, node), name)


def bring(engine: Engine, nodes: Sequence[str], name: str) -> None:
    """Have an image of a registry in every node; the engine pulls it where a node lacks it."""
    lacking = [node for node in nodes if name not in _ctr(engine, node)("images", "list", "-q").split()]
    if lacking:
        if not engine.has(name):
            engine.pull(name)
        send(engine, lacking, name, "")


def send(engine: Engine, nodes: Sequence[str], name: str, key: str) -> None:
    """Send the engine's image of a name to nodes, and mark it there with its key."""
    check_disk(Path(tempfile.gettempdir()), ARCHIVE_GIB)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        engine.save(name, archive)
        with tarfile.open(archive) as tar:
            saved = read(tar)
            for node in nodes:
                ctr = _ctr(engine, node)
                _import(engine, node, tar, saved, name, set(ctr("content", "list", "-q").split()))
                containerd.mark(ctr, name, key)


def _import(engine: Engine, node: str, tar: tarfile.TarFile, saved: Saved, name: str, present: set[str]) -> None:
    """Stream the image, as an OCI layout without the layers that are present, into the node's containerd."""
    argv = [engine.program, "exec", "-i", node, *containerd.CTR, "images", "import"]
    argv += ["--all-platforms", "--snapshotter", "overlayfs", "-"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stderr is not None
        try:
            write(tar, saved, name, present, process.stdin)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it ended: what it says follows
        said = process.stderr.read().decode(errors="replace").strip()
    if process.returncode != 0:
        raise Failed(f"{node} can't import {name} ({process.returncode}): {said}")


def _ctr(engine: Engine, node: str) -> containerd.Ctr:
    return lambda *words: run([engine.program, "exec", node, *containerd.CTR, *words])
