"""Build the project's images, only when what they are made of has changed.

The key of an image covers its Dockerfile, its code, what pyproject.toml says of it and its base; the key of the newest
build is kept in a file next to the storage. The tag `dev` always means the newest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from localcluster.bases import OPERATOR_BASE, TRAINER_BASE, Base, ensure_base
from localcluster.commands import Failed
from localcluster.keys import files_key, key, project_parts
from localcluster.paths import CHECKOUT, PACKAGE, Layout
from localcluster.progress import say, step
from localcluster.storage import buildah, host_settings, image_exists

TAG = "dev"


@dataclass(frozen=True)
class Image:
    """One image of the project: where its Dockerfile and code lie, and what it starts from."""

    short: str
    dockerfile: str
    code: tuple[str, ...]
    extra: str
    base: Base

    @property
    def name(self) -> str:
        """The full name that manifests use."""
        return f"localhost/refit-{self.short}:{TAG}"

    def key(self, checkout: Path = CHECKOUT) -> str:
        """Return the content key of everything the image is made of."""
        files = files_key([checkout / self.dockerfile, *(checkout / folder for folder in self.code)], checkout)
        return key(files, project_parts(checkout / "pyproject.toml", self.extra), self.base.image)


OPERATOR = Image("operator", "operator/Dockerfile", ("operator/refit_operator",), "operator", OPERATOR_BASE)
TRAINER = Image(
    "trainer",
    "trainer_image/Dockerfile",
    ("trainer_image/refit_trainer", "trainer_image/refit_serving"),
    "trainer",
    TRAINER_BASE,
)
IMAGES = {image.short: image for image in (OPERATOR, TRAINER)}


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


def build(layout: Layout, image: Image) -> None:
    """Build an image with buildah unless the newest build has the same key."""
    wanted = image.key()
    built = key_file(layout, image, "built")
    if is_current(built, wanted) and image_exists(layout, image.name):
        say(f"image {image.short}: unchanged")
        return
    base = ensure_base(layout, image.base)
    with step(f"image {image.short}"):
        _build_on(layout, image, base)
    remember(built, wanted)


def _build_on(layout: Layout, image: Image, base: str) -> None:
    options = ["--isolation", "chroot", "--network", "host", "--layers", "--pull-never", *host_settings()]
    files = ["--ignorefile", PACKAGE / "context.ignore", "-f", CHECKOUT / image.dockerfile]
    log = layout.images / "logs" / f"build-{image.short}.log"
    buildah(layout, "bud", *options, *files, "--build-arg", f"BASE_IMAGE={base}", "-t", image.name, CHECKOUT, log=log)
