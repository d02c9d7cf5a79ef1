"""`python -m localcluster.lock`: pin what the trainer's image installs, with hashes; `--check` tells whether pins fit.

Three files in trainer_image/: torch.lock is torch and what comes with it, for a base that brings none;
requirements.lock is everything else of the extra `trainer`; sbom.lock is the tool that lists what is in the
image. They name no index, and hold for every platform and Python that the project supports.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

from localcluster.paths import CHECKOUT

FOLDER = CHECKOUT / "trainer_image"
OPTIONS = ("--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "-q")
HEADER = "--custom-compile-command=make lock"
OF_TORCH = re.compile(r"torch|triton|sympy|mpmath|networkx|(nvidia|cuda)-.*")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
BUILD = "setuptools\nwheel\n"


def write() -> None:
    """Compile all three files."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "uv"]
        subprocess.run(pip, check=True)
        everything = _compile(place, place / "all.lock", CHECKOUT / "pyproject.toml", "--extra=trainer", stdin=BUILD)
        theirs = sorted({name for name, _ in pins(everything.read_text()) if OF_TORCH.fullmatch(name)})
        left_out = [f"--no-emit-package={name}" for name in theirs]
        source = (CHECKOUT / "pyproject.toml", "--extra=trainer")
        _compile(place, FOLDER / "requirements.lock", *source, *left_out, stdin=BUILD)
        _compile(place, FOLDER / "torch.lock", f"--constraint={everything}", stdin="torch\n")
        _compile(place, FOLDER / "sbom.lock", stdin="cyclonedx-bom\n")


def _compile(tools: Path, target: Path, *words: str | Path, stdin: str) -> Path:
    argv = [tools / "bin" / "uv", "pip", "compile", *words, "-", *OPTIONS, HEADER, "--output-file", target]
    subprocess.run(argv, input=stdin, text=True, check=True, stdout=subprocess.DEVNULL, cwd=CHECKOUT)
    return target


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


def main(words: list[str]) -> int:
    """Write the files, or tell which requirement they lack."""
    if words != ["--check"]:
        write()
        return 0
    extras = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    lacking = unpinned(extras["trainer"], (FOLDER / "requirements.lock").read_text())
    said = f"no pin for {', '.join(lacking)}: run make lock" if lacking else "the trainer's requirements are pinned"
    print(said)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
