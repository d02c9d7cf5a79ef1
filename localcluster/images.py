"""The project's images, built only when what they are made of has changed.

The keys of the newest build are kept in files next to the storage. The tag `dev` always means the newest.
"""

from collections.abc import Iterable
from pathlib import Path

from localcluster import lockfiles
from localcluster.bases import OPERATOR_BASE, TRAINER_BASE
from localcluster.builder import Builder, Image
from localcluster.commands import Failed
from localcluster.paths import Layout
from localcluster.progress import say, step

OPERATOR = Image(
    "operator",
    "operator/Dockerfile",
    ("operator/refit_operator",),
    "operator",
    OPERATOR_BASE,
    locks=(lockfiles.OPERATOR.path, lockfiles.SBOM_TOOL),
)
TRAINER = Image(
    "trainer",
    "trainer_image/Dockerfile",
    ("trainer_image/refit_trainer", "trainer_image/refit_serving", "trainer_image/refit_calibrate"),
    "trainer",
    TRAINER_BASE,
    locks=(lockfiles.TRAINER.path, lockfiles.TORCH, lockfiles.SBOM_TOOL),
)
STUB = Image("stub", "tests/stub_trainer/Dockerfile", ("tests/stub_trainer",), "operator", OPERATOR_BASE)
IMAGES = {image.short: image for image in (OPERATOR, TRAINER, STUB)}


def find_images(names: Iterable[str]) -> list[Image]:
    """Return the images of some short or full names; all of them for none."""
    by_name = IMAGES | {image.name: image for image in IMAGES.values()}
    wanted = list(names) or list(IMAGES)
    unknown = [name for name in wanted if name not in by_name]
    if unknown:
        raise Failed(f"unknown image {', '.join(unknown)}; there are {', '.join(IMAGES)}")
    return [by_name[name] for name in wanted]


def key_file(layout: Layout, image: Image, purpose: str) -> Path:
    """Return the file that remembers the key an image was last built or loaded with."""
    return layout.images / "keys" / f"{image.short}.{purpose}"


def is_current(file: Path, wanted: str) -> bool:
    """Return whether a key file holds the wanted key."""
    return file.exists() and file.read_text() == wanted


def remember(file: Path, value: str) -> None:
    """Write a key file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(value)


def build(layout: Layout, builder: Builder, image: Image) -> str:
    """Build an image unless the newest build has the same key; return the key that is built now."""
    wanted = image.key()
    if is_current(key_file(layout, image, "built"), wanted) and builder.has(image.name):
        say(f"image {image.short}: unchanged")
        return wanted
    dependencies = image.dependencies_key()
    with step(f"image {image.short}"):
        builder.build(image)
    remember(key_file(layout, image, "built"), wanted)
    remember(key_file(layout, image, "dependencies"), dependencies)
    return wanted


def ensure_dependencies(layout: Layout, builder: Builder, image: Image) -> None:
    """Build an image unless there is one with the same dependencies, be its code older."""
    is_built = is_current(key_file(layout, image, "dependencies"), image.dependencies_key())
    if not (is_built and builder.has(image.name)):
        build(layout, builder, image)
