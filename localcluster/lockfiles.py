"""The files that pin what is installed, and which extras of pyproject.toml each of them pins.

The trainer's image has two more than its own: torch.lock is torch and what comes with it, for a base that brings none;
sbom.lock is the tool that lists what is installed, which every image's build uses. tests/site/requirements.lock is the
generator of the documentation's site, in an environment of its own.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from localcluster.paths import CHECKOUT

PYPROJECT = CHECKOUT / "pyproject.toml"
SBOM_TOOL = "trainer_image/sbom.lock"
TORCH = "trainer_image/torch.lock"
SITE_TOOL = "tests/site/requirements.lock"


@dataclass(frozen=True)
class Lock:
    """A lock file and the extras of pyproject.toml that it pins."""

    path: str
    extras: tuple[str, ...]

    @property
    def source(self) -> tuple[str | Path, ...]:
        """What uv compiles it from."""
        return (PYPROJECT, *(f"--extra={extra}" for extra in self.extras))

    def requirements(self) -> list[str]:
        """Return what pyproject.toml asks for, each requirement once."""
        optional = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
        return sorted({requirement for extra in self.extras for requirement in optional[extra]})

    def text(self) -> str:
        """Return the file's contents."""
        return (CHECKOUT / self.path).read_text()


DEV = Lock("requirements-dev.lock", ("operator", "tracing", "cli", "demo", "dev"))
OPERATOR = Lock("operator/requirements.lock", ("operator", "tracing"))
TRAINER = Lock("trainer_image/requirements.lock", ("trainer",))
LOCKS = (DEV, OPERATOR, TRAINER)
