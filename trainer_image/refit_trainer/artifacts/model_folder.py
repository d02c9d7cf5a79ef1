"""The digest that names a model folder's contents; what may not be in one is in `model_safety`."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from refit_trainer.artifacts.model_safety import check_model_files, list_model_files
from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.files import hash_file

MANIFEST, CARD = "manifest.json", "README.md"
TENSORS, TREES = ".safetensors", "model.json"
"""How the files' names end that hold what a model has learnt; the name of trees, as XGBoost writes them."""


def hash_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each of the model's files by name; raise BadInput for what a model folder may not hold.

    The manifest, the card (`README.md`) and the reports (`report.*`, `report/`) aren't the model's.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} isn't a model folder")
    names = [name for name in sorted(list_model_files(folder)) if not _is_about_the_run(name)]
    if "config.json" not in names or not (TREES in names or any(name.endswith(TENSORS) for name in names)):
        raise BadInput(f"{folder} isn't a model folder: it needs config.json and safetensors, or the trees of a table")
    check_model_files(folder, names)
    return {name: hash_file(folder / name) for name in names}


def digest_files(files: Mapping[str, str]) -> str:
    """Return the digest over the files' hashes: `<sha256>  <name>` lines, sorted by name."""
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def digest_folder(folder: Path) -> str:
    """Return the digest of a model folder."""
    return digest_files(hash_files(folder))


def verify_folder(folder: Path, expected: str | None, uri: str) -> str:
    """Return the folder's digest; raise BadInput where another one is expected."""
    actual = digest_folder(folder)
    if expected not in (None, actual):
        raise BadInput(f"{uri} has the digest {actual}, not {expected}")
    return actual


def make_readable(folder: Path) -> None:
    """Let everybody read a model's files: safetensors writes 0600, and the server may be another user."""
    for path in folder.rglob("*"):
        wanted = 0o755 if path.is_dir() else 0o644
        if path.stat().st_mode & wanted != wanted:
            path.chmod(wanted)


def _is_about_the_run(name: str) -> bool:
    return name in (MANIFEST, CARD) or name.startswith(("report.", "report/"))
