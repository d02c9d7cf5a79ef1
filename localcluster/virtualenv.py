"""`python -m localcluster.virtualenv [LOCK]`: a Python environment outside the checkout, installed from a lock file.

By default the one that tests, checks and the demo need. Keyed by the lock's contents, so that a second checkout of the
same pins takes no time. The project's own packages aren't installed in it: they are found on PYTHONPATH, as they are in
the checkout.
"""

import importlib.util
import shutil
import sys
from pathlib import Path

from localcluster.commands import Failed, run
from localcluster.keys import key
from localcluster.lockfiles import DEV
from localcluster.locks import exclusive
from localcluster.packages import install_packages
from localcluster.paths import CHECKOUT, layout
from localcluster.progress import step


def ensure(lock: str = DEV.path) -> Path:
    """Return the Python of a lock file's environment, made now if it isn't there."""
    pins = CHECKOUT / lock
    place = layout()
    folder = place.root / "venv" / key(sys.version, pins.read_text())
    python = folder / "bin" / "python"
    with exclusive(place, "venv"):
        if not (folder / "complete").exists():
            with step("Python packages"):
                _make(folder, pins, place.root / "venv.log")
    return python


def _make(folder: Path, pins: Path, log: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        install_packages(["python3-venv"], log)
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", folder], log=log)
    run([folder / "bin" / "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", pins], log=log)
    (folder / "complete").touch()


def main(words: list[str]) -> int:
    """Print the Python of the environment."""
    try:
        print(ensure(*words))
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
