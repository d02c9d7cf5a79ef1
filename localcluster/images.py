"""The project's images, built only when what they are made of has changed.

Each image carries its keys as labels, so that what is asked is the image itself. The tag `dev` always means the newest.
"""

from collections.abc import Iterable

from localcluster import lockfiles
from localcluster.bases import OPERATOR_BASE, TRAINER_BASE
from localcluster.builder import DEPENDENCIES, KEY, Builder, Image
from localcluster.commands import Failed
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


def build(builder: Builder, image: Image) -> str:
    """Build an image unless the newest build has the same key; return the key that is built now."""
    wanted = image.key()
    if builder.label(image.name, KEY) == wanted:
        say(f"image {image.short}: unchanged")
        return wanted
    with step(f"image {image.short}"):
        builder.build(image, {KEY: wanted, DEPENDENCIES: image.dependencies_key()})
    return wanted


def ensure_dependencies(builder: Builder, image: Image) -> None:
    """Build an image unless there is one with the same dependencies, be its code older."""
    if builder.label(image.name, DEPENDENCIES) != image.dependencies_key():
        build(builder, image)
