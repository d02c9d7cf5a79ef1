"""`python -m localcluster.lock`: pin what is installed, with hashes; `--check` reports whether the pins fit.

The files are those of lockfiles.py. They name no index, and hold for every platform and Python that the
project supports.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from localcluster.lockfiles import DEV, LOCKS, OPERATOR, SBOM_TOOL, SITE_TOOL, TORCH, TRAINER, Lock
from localcluster.paths import CHECKOUT

OPTIONS = ("--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "-q")
HEADER = "--custom-compile-command=make lock"
OF_TORCH = re.compile(r"torch|triton|sympy|mpmath|networkx|(nvidia|cuda)-.*")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
BUILD = "setuptools\nwheel\n"


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
        _compile(place, SITE_TOOL, "-", stdin="zensical~=0.0.73\n")


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
    """Write the files, or report which requirements they lack."""
    if words != ["--check"]:
        write()
        return 0
    lines = check()
    print("\n".join(lines) or "every requirement is pinned")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
