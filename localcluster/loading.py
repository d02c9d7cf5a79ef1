"""Move an image from buildah's storage into the node's containerd, only the layers that are new there.

A registry on loopback, alive only while something moves, stands between the two: both sides skip what they have.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from localcluster import addresses, processes
from localcluster.buildah import Buildah
from localcluster.builder import Image
from localcluster.commands import Failed, tail
from localcluster.containerd import ctr, key_of, mark
from localcluster.health import answers
from localcluster.paths import Layout
from localcluster.progress import say, step

REGISTRY = f"127.0.0.1:{addresses.REGISTRY}"


def load(layout: Layout, image: Image, wanted: str) -> None:
    """Load the newest build, whose key is `wanted`, unless the node has it."""
    here = partial(ctr, layout)
    if key_of(here, image.name) == wanted:
        say(f"load {image.short}: unchanged")
        return
    with step(f"load {image.short}"), registry(layout):
        moved = f"{REGISTRY}/refit-{image.short}:{wanted}"
        Buildah(layout).push(image, f"docker://{moved}")
        here("images", "pull", "--plain-http", "--snapshotter", "overlayfs", moved)
        here("images", "tag", "--force", moved, image.name)
        here("images", "remove", moved)
        mark(here, image.name, wanted)


@contextmanager
def registry(layout: Layout) -> Iterator[None]:
    """Run a registry on loopback for the length of the block."""
    folder = layout.images / "registry"
    folder.mkdir(parents=True, exist_ok=True)
    config, log = folder / "config.yml", folder / "registry.log"
    config.write_text(
        f"version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {folder / 'blobs'}}}}}\n"
        f"http: {{addr: '{REGISTRY}'}}\n"
    )
    process = processes.start(["docker-registry", "serve", str(config)], log, folder / "registry.json", {})
    try:
        _wait(layout, process)
        yield
    finally:
        processes.stop([process])
    log.unlink(missing_ok=True)


def _wait(layout: Layout, process: processes.Process) -> None:
    is_up = answers(f"http://{REGISTRY}/v2/")
    end = time.monotonic() + 20
    while not is_up(layout):
        if not process.is_alive() or time.monotonic() > end:
            log = layout.images / "registry" / "registry.log"
            raise Failed(f"the registry that moves images did not start; the end of {log}:\n{tail(log.read_text())}")
        time.sleep(0.05)
