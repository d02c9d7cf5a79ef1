"""What an image of the project is, and what a builder of images can do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from localcluster.bases import Base
from localcluster.keys import files_key, key, project_parts
from localcluster.paths import CHECKOUT

TAG = "dev"
KEY, DEPENDENCIES = "refit.dev/key", "refit.dev/dependencies"
"""Labels of an image: the key of all that it is made of, and of what is below its code."""
ROOT = "0:0"
OWNER = "owner"
"""The user of an errand whose files shall belong to who started it."""


@dataclass(frozen=True)
class Image:
    """One image of the project: where its Dockerfile and code lie, and what it starts from."""

    short: str
    dockerfile: str
    code: tuple[str, ...]
    extra: str
    base: Base
    locks: tuple[str, ...] = ()
    """Files that pin what is installed below the code."""

    @property
    def name(self) -> str:
        """The full name that manifests use; it always means the newest build."""
        return f"localhost/refit-{self.short}:{TAG}"

    def key(self, checkout: Path = CHECKOUT) -> str:
        """Return the content key of everything the image is made of."""
        return key(self.dependencies_key(checkout), files_key([checkout / folder for folder in self.code], checkout))

    def dependencies_key(self, checkout: Path = CHECKOUT) -> str:
        """Return the content key of everything below the code."""
        project = project_parts(checkout / "pyproject.toml", self.extra)
        return key(
            files_key([checkout / file for file in (self.dockerfile, *self.locks)], checkout), project, self.base.image
        )


@dataclass(frozen=True)
class Errand:
    """How to run a command in an image: mounts as HOST:INSIDE[:ro], environment, user and working folder."""

    mounts: tuple[str, ...]
    env: Mapping[str, str]
    user: str
    folder: str


class Builder(Protocol):
    """Builds images and runs commands in them."""

    def has(self, name: str) -> bool:
        """Return whether there is an image of that name."""

    def label(self, name: str, label: str) -> str:
        """Return a label of an image; empty where there is no such image, or no such label."""

    def build(self, image: Image, labels: Mapping[str, str]) -> None:
        """Build an image, with labels."""

    def run(self, image: Image, errand: Errand, command: Sequence[str]) -> int:
        """Run a command in an image and return its exit status."""

    def archive(self, image: Image, name: str, path: Path) -> None:
        """Save an image as a docker-archive, under a name of its own."""
