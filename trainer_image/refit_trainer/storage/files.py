"""Local files: hashes, and writes that survive a power loss."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

PICKLES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".h5", ".keras"}
"""Suffixes of files that can run code when they are loaded: neither downloaded with a model nor accepted in one."""


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, document: Any) -> None:
    """Write a document as indented JSON, flushed to the disk."""
    with path.open("w", encoding="utf-8") as file:
        json.dump(document, file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def flush(path: Path, deep: bool = True) -> None:
    """Flush a file or folder to the disk, with everything in it unless `deep` is off."""
    for inner in sorted(path.rglob("*")) if deep and path.is_dir() else ():
        _fsync(inner)
    _fsync(path)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
