"""Bytes on a disk: their hash, and whether they are there when the power goes."""

import hashlib
import os
from pathlib import Path


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(path: Path, deep: bool = True) -> None:
    """Write a file or folder through to the disk, with everything in it unless `deep` is off."""
    for inner in sorted(path.rglob("*")) if deep and path.is_dir() else ():
        _fsync(inner)
    _fsync(path)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
