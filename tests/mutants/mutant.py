"""One bug, as the catalogue names it."""

from dataclasses import dataclass
from pathlib import PurePosixPath

PACKAGE = PurePosixPath("operator/refit_operator")
TRAINER = PurePosixPath("trainer_image/refit_trainer")


@dataclass(frozen=True)
class Mutant:
    """One bug: `old` is in the file exactly once, and `tests` fail where `new` stands in its place."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    package: PurePosixPath = PACKAGE

    @property
    def path(self) -> PurePosixPath:
        """The file, from the root of the checkout."""
        return self.package / self.file
