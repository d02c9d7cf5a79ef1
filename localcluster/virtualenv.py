"""`python -m localcluster.virtualenv`: the Python packages that tests, checks and the demo need, outside the checkout.

Keyed by what pyproject.toml asks for, so that a second checkout of the same dependencies takes no time. The project's
own packages aren't installed in it: they are found on PYTHONPATH, as they are in the checkout.
"""

import importlib.util
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from localcluster.commands import Failed, run
from localcluster.keys import key
from localcluster.locks import exclusive
from localcluster.packages import install_packages
from localcluster.paths import CHECKOUT, layout
from localcluster.progress import step

EXTRAS = ("operator", "demo", "dev")


def requirements(pyproject: Path) -> list[str]:
    """Return the dependencies of the extras, each once."""
    optional = tomllib.loads(pyproject.read_text())["project"]["optional-dependencies"]
    return sorted({requirement for extra in EXTRAS for requirement in optional[extra]})


def ensure() -> Path:
    """Return the virtual environment's Python, made now if it isn't there."""
    wanted = requirements(CHECKOUT / "pyproject.toml")
    place = layout()
    folder = place.root / "venv" / key(sys.version, *wanted)
    python = folder / "bin" / "python"
    with exclusive(place, "venv"):
        if not (folder / "complete").exists():
            with step("Python packages"):
                _make(folder, wanted, place.root / "venv.log")
    return python


def _make(folder: Path, wanted: list[str], log: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        install_packages(["python3-venv"], log)
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", folder], log=log)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(wanted))
        file.flush()
        run([folder / "bin" / "pip", "install", "--quiet", "-r", file.name], log=log)
    (folder / "complete").touch()


def main() -> int:
    """Print the Python of the environment."""
    try:
        print(ensure())
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
