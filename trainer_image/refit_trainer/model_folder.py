"""What may be in a model folder, and the digest that names its contents.

A model folder is read by processes that can start and read anything: so no pickles, which run code when loaded, no
symlinks out of it, and no `auto_map`, which names code to import.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from refit_trainer.errors import BadInput
from refit_trainer.files import hash_file

MANIFEST = "manifest.json"
PICKLES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".h5", ".keras"}


def hash_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each of the model's files by name; raise BadInput for what a model folder may not hold.

    The manifest and the reports (`report.*`, `report/`) aren't the model's.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder} isn't a model folder")
    names = [name for name in sorted(_names(folder)) if not _is_about_the_run(name)]
    if "config.json" not in names or not any(name.endswith(".safetensors") for name in names):
        raise BadInput(f"{folder} isn't a model folder: it needs config.json and safetensors")
    _refuse_remote_code(folder, names)
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


def _names(folder: Path) -> Iterator[str]:
    for root, folders, files in os.walk(folder):
        for entry in (*folders, *files):
            path = Path(root, entry)
            name = path.relative_to(folder).as_posix()
            if path.is_symlink():
                raise BadInput(f"{folder}: {name} is a symlink")
            if "\n" in name:
                raise BadInput(f"{folder}: {name!r} isn't a file name")
            if path.is_dir():
                continue
            if not path.is_file() or path.suffix.lower() in PICKLES:
                raise BadInput(f"{folder}: {name} is refused: models are safetensors and JSON, not pickles or devices")
            yield name


def _is_about_the_run(name: str) -> bool:
    return name == MANIFEST or name.startswith(("report.", "report/"))


def _refuse_remote_code(folder: Path, names: list[str]) -> None:
    for name in names:
        if name.endswith("config.json") and "/" not in name:
            try:
                document = json.loads((folder / name).read_bytes())
            except ValueError as error:
                raise BadInput(f"{folder}: {name} isn't JSON: {error}") from None
            if isinstance(document, dict) and "auto_map" in document:
                raise BadInput(f"{folder}: {name} has an auto_map: code in a model folder is never run")
