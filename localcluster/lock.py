"""`python -m localcluster.lock`: pin what is installed, with hashes; `--check` tells whether the pins fit.

Each of LOCKS pins extras of pyproject.toml. The trainer has two files more: torch.lock is torch and what comes with it,
for a base that brings none; sbom.lock is the tool that lists what is installed. The files name no index, and hold for
every platform and Python that the project supports.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from localcluster.paths import CHECKOUT

PYPROJECT = CHECKOUT / "pyproject.toml"
SBOM_TOOL = "trainer_image/sbom.lock"
TORCH = "trainer_image/torch.lock"
OPTIONS = ("--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "-q")
HEADER = "--custom-compile-command=make lock"
OF_TORCH = re.compile(r"torch|triton|sympy|mpmath|networkx|(nvidia|cuda)-.*")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
BUILD = "setuptools\nwheel\n"


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


DEV = Lock("requirements-dev.lock", ("operator", "demo", "dev"))
OPERATOR = Lock("operator/requirements.lock", ("operator",))
TRAINER = Lock("trainer_image/requirements.lock", ("trainer",))
LOCKS = (DEV, OPERATOR, TRAINER)


def write() -> None:
    """Compile every file; the operator's image gets the versions that its tests run with."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "uv"]
        subprocess.run(pip, check=True)
        _compile(place, DEV.path, *DEV.source)
        _compile(place, OPERATOR.path, *OPERATOR.source, f"--constraint={DEV.path}")
        everything = _compile(place, place / "all.lock", *TRAINER.source, "-", stdin=BUILD)
        theirs = sorted({name for name, _ in pins(everything.read_text()) if OF_TORCH.fullmatch(name)})
        left_out = [f"--no-emit-package={name}" for name in theirs]
        _compile(place, TRAINER.path, *TRAINER.source, *left_out, "-", stdin=BUILD)
        _compile(place, TORCH, f"--constraint={everything}", "-", stdin="torch\n")
        _compile(place, SBOM_TOOL, "-", stdin="cyclonedx-bom\n")


def _compile(tools: Path, target: str | Path, *words: str | Path, stdin: str = "") -> Path:
    argv = [tools / "bin" / "uv", "pip", "compile", *words, *OPTIONS, HEADER, "--output-file", target]
    subprocess.run(argv, input=stdin, text=True, check=True, stdout=subprocess.DEVNULL, cwd=CHECKOUT)
    return CHECKOUT / target


def pins(text: str) -> list[tuple[str, str]]:
    """Return the (name, version) pairs of a lock file."""
    return [(found[1].lower(), found[2]) for found in PIN.finditer(text)]


def unpinned(requirements: Iterable[str], text: str) -> list[str]:
    """Return the requirements that no pin of a lock file fits."""
    from packaging.requirements import Requirement

    found = pins(text)
    wanted = [Requirement(line) for line in requirements]
    return [
        str(want)
        for want in wanted
        if not any(name == want.name.lower() and want.specifier.contains(version) for name, version in found)
    ]


def check(locks: Iterable[Lock] = LOCKS) -> list[str]:
    """Return a line for each lock file that lacks a requirement."""
    lacking = {lock.path: unpinned(lock.requirements(), lock.text()) for lock in locks}
    return [f"{path} has no pin for {', '.join(names)}: run make lock" for path, names in lacking.items() if names]


def main(words: list[str]) -> int:
    """Write the files, or tell which requirements they lack."""
    if words != ["--check"]:
        write()
        return 0
    lines = check()
    print("\n".join(lines) or "every requirement is pinned")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
