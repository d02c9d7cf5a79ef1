"""Run a command inside a built image on this machine: how tests meet the product's real Python and torch.

The checkout is mounted read-only at /src and its code shadows the image's; an empty scratch folder is at /scratch.
pytest and its plugins are no part of the product, so they come from a folder beside the image.
"""

import re
import shutil
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from localcluster.builder import OWNER, ROOT, Builder, Errand, Image
from localcluster.commands import Failed
from localcluster.images import ensure_dependencies
from localcluster.keys import key
from localcluster.locks import exclusive
from localcluster.paths import CHECKOUT, Layout
from localcluster.progress import step

TEST_PACKAGES = ("pytest", "pytest-asyncio", "pytest-timeout", "pytest-xdist", "hypothesis", "httpx")
IMAGE_USER = "10001:10001"
EMPTY_SCRATCH = ("find", "/scratch", "-mindepth", "1", "-delete")
ENVIRONMENT = {
    "PYTHONPATH": "/src:/src/operator:/src/trainer_image:/test-packages",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTEST_ADDOPTS": "-p no:cacheprovider -W default",  # torch and transformers warn
    "HOME": "/scratch",
    "HF_HOME": "/scratch/hf",
}


def run_image(layout: Layout, builder: Builder, image: Image, command: Sequence[str], volumes: Sequence[str]) -> int:
    """Run a command in the image as the image's user, with more mounts as HOST:INSIDE[:ro]; return its exit status."""
    with exclusive(layout, "images"):
        ensure_dependencies(builder, image)
        packages = _ensure_test_packages(layout, builder, image)
    scratch = Path(tempfile.mkdtemp(prefix="refit-scratch-"))
    scratch.chmod(0o1777)
    mounts = (f"{CHECKOUT}:/src:ro", f"{packages}:/test-packages:ro", f"{scratch}:/scratch", *volumes)
    try:
        return builder.run(image, Errand(mounts, ENVIRONMENT, IMAGE_USER, "/src"), command)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if scratch.exists():  # its files are the image's user's, and we aren't root
            builder.run(image, Errand((f"{scratch}:/scratch",), {}, ROOT, "/"), EMPTY_SCRATCH)
            scratch.rmdir()


def _ensure_test_packages(layout: Layout, builder: Builder, image: Image) -> Path:
    """Install the test packages for the image's Python once; the folder is keyed by their pins."""
    pins = test_pins(CHECKOUT / "pyproject.toml")
    folder = layout.tests / key(image.dependencies_key(), *pins)
    if folder.exists():
        return folder
    layout.tests.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=layout.tests))
    pip = ["pip", "install", "--quiet", "--no-cache-dir", "--ignore-installed", "--target", "/target", *pins]
    with step(f"test packages for {image.short}"):
        if builder.run(image, Errand((f"{unfinished}:/target",), {}, OWNER, "/tmp"), pip) != 0:
            raise Failed(f"installing {', '.join(pins)} for the image {image.short} failed")
    unfinished.chmod(0o755)
    unfinished.rename(folder)
    return folder


def test_pins(pyproject: Path) -> list[str]:
    """Return the requirements of the test packages as pyproject.toml pins them, bare names where it does not."""
    extras = tomllib.loads(pyproject.read_text())["project"]["optional-dependencies"]
    pinned = {re.split(r"[^\w.-]", line, maxsplit=1)[0]: line for extra in ("demo", "dev") for line in extras[extra]}
    return [pinned.get(name, name) for name in TEST_PACKAGES]
