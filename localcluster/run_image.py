"""Run a command inside a built image on this machine: how tests meet the product's real Python and torch.

The checkout is mounted read-only at /src and an empty scratch folder at /scratch; the user is the image's own (10001).
pytest and its plugins are no part of the product, so they come from a folder beside the image.
"""

import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from localcluster import engine
from localcluster.images import Image, build
from localcluster.keys import key
from localcluster.paths import CHECKOUT, Layout
from localcluster.progress import step
from localcluster.storage import buildah, buildah_argv, host_settings

TEST_PACKAGES = ("pytest", "pytest-asyncio", "pytest-timeout", "hypothesis", "httpx", "jsonschema")
PYTHONPATH = "/src:/src/operator:/src/trainer_image:/test-packages"


def run_image(layout: Layout, image: Image, command: Sequence[str], volumes: Sequence[str] = ()) -> int:
    """Run a command in the image, its code as in the checkout, and return its exit status."""
    if engine.name() is not None:
        raise NotImplementedError
    build(layout, image)
    container = buildah(layout, "from", "--pull-never", image.name)
    scratch = Path(tempfile.mkdtemp(prefix="refit-scratch-"))
    scratch.chmod(0o1777)
    try:
        packages = _ensure_test_packages(layout, image, container)
        mounts = [f"{CHECKOUT}:/src:ro", f"{packages}:/test-packages:ro", f"{scratch}:/scratch", *volumes]
        return _run(layout, container, mounts, command)
    finally:
        buildah(layout, "rm", container)
        shutil.rmtree(scratch, ignore_errors=True)


def _run(layout: Layout, container: str, mounts: Sequence[str], command: Sequence[str]) -> int:
    settings = {"PYTHONPATH": PYTHONPATH, "HOME": "/scratch", "HF_HOME": "/scratch/hf", "PYTHONDONTWRITEBYTECODE": "1"}
    settings["PYTEST_ADDOPTS"] = "-p no:cacheprovider"
    options = ["--isolation", "chroot", "--network", "host", "--workingdir", "/src"]
    options += [word for mount in mounts for word in ("-v", mount)]
    options += [word for name, value in settings.items() for word in ("-e", f"{name}={value}")]
    return subprocess.run([*buildah_argv(layout, "run"), *options, container, "--", *command], check=False).returncode


def _ensure_test_packages(layout: Layout, image: Image, container: str) -> Path:
    """Install the test packages for the image's Python once; the folder is keyed by their pins."""
    pins = tuple(test_pins(CHECKOUT / "pyproject.toml"))
    folder = layout.tests / key(image.base.image, *pins)
    if folder.exists():
        return folder
    layout.tests.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=layout.tests))
    mounts = [word for word in host_settings() if word not in {"--build-arg"} and not word.startswith("PIP_CERT=")]
    where = ["--isolation", "chroot", "--network", "host", "--user", "0", *mounts, "-v", f"{unfinished}:/target"]
    pip = ["pip", "install", "--quiet", "--no-cache-dir", "--ignore-installed", "--target", "/target", *pins]
    with step(f"test packages for {image.short}"):
        buildah(layout, "run", *where, container, "--", *pip)
    unfinished.chmod(0o755)
    unfinished.rename(folder)
    return folder


def test_pins(pyproject: Path) -> list[str]:
    """Return the requirements of the test packages as pyproject.toml pins them, bare names where it does not."""
    extras = tomllib.loads(pyproject.read_text())["project"]["optional-dependencies"]
    pinned = {_name(line): line for extra in ("demo", "dev") for line in extras[extra]}
    return [pinned.get(name, name) for name in TEST_PACKAGES]


def _name(requirement: str) -> str:
    for end, letter in enumerate(requirement):
        if not (letter.isalnum() or letter in "-_."):
            return requirement[:end]
    return requirement
