"""The images that can't be pulled where there is no registry: kind's node, and Debian, which ours are built on.

Each is made once for what it is made of; the engine keeps it from then on.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcluster.bases import make_root
from localcluster.keys import files_key, key
from localcluster.paths import PACKAGE, Layout
from localcluster.progress import step
from tests.kind.engines import Engine
from tests.kind.node_image import programs
from tests.kind.node_image.contents import prometheus_image, write_images
from tests.kind.node_image.root import write_root

NODE_FOLDER = programs.FOLDER
SUITES = ("bookworm", "trixie")
MACHINES_SETTINGS = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt")
"""What pip needs to reach its index from within a build, where that goes through a proxy."""
MACHINES_AUTHORITIES = Path("/usr/local/share/ca-certificates")
"""What the package ca-certificates would take in."""


def node_image(layout: Layout) -> str:
    """Return the name of the node image; it tells of everything the image is made of."""
    prometheus = prometheus_image((PACKAGE / "manifests" / "kind.yaml").read_text())
    return f"localhost/kind-node:{key(files_key([NODE_FOLDER], NODE_FOLDER), prometheus, *programs.keys(layout))}"


def stand_in(suite: str) -> str:
    """Return the name of the image that the one made here stands in for."""
    return f"docker.io/library/debian:{suite}-slim"


def ensure_node_image(layout: Layout, engine: Engine) -> None:
    """Make kind's node image, unless the engine has it."""
    name = node_image(layout)
    if engine.has(name):
        return
    found = programs.built(layout)
    with step("kind's node image"), _scratch(engine) as scratch:
        images, root = scratch / "images", scratch / "root.tar"
        write_images(found, images)
        write_root(found, images, root)
        engine.take_root(root, f"{name}-root")
        engine.build(NODE_FOLDER / "Dockerfile", name, f"{name}-root")
        engine.call("rmi", f"{name}-root")


def ensure_stand_ins(engine: Engine) -> None:
    """Make what stands in for Debian's own images, unless the engine has them."""
    for suite in SUITES:
        if not engine.has(stand_in(suite)):
            with step(f"stand-in for {stand_in(suite)}"), _scratch(engine) as scratch:
                make_root(suite, (), scratch / "root.tar", machines_hooks())
                engine.take_root(scratch / "root.tar", stand_in(suite))


def machines_hooks() -> list[str]:
    """Return the hooks by which this machine's way to the network works in a root file system too."""
    copies = [f"upload {path} {path}" for path in MACHINES_SETTINGS if Path(path).exists()]
    folder = MACHINES_AUTHORITIES
    if folder.is_dir():
        copies += [f'mkdir -p "$1{folder}"', f"sync-in {folder} {folder}"]
    return ['mkdir -p "$1/etc/ssl/certs"', *copies, 'rm -f "$1"/var/cache/apt/archives/*.deb']


@contextmanager
def _scratch(engine: Engine) -> Iterator[Path]:
    """Offer a folder that goes when the block ends, and at the latest with the corner: some GiB may be in it."""
    with tempfile.TemporaryDirectory(prefix="image-", dir=engine.corner.state) as folder:
        yield Path(folder)
