"""Labelled rows for the trainer: each goes to one side by its text, for good, and into this pod's own file.

By its text and not its id, since the same sentence may come again under another id: it must never be both trained on
and judged by.

A row is one write at the end of the file, so a reader sees whole lines and at most one unfinished one.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Side = str  # "train" or "holdout"


def choose_side(key: str, holdout_share: float) -> Side:
    """Return the side of a row: the same for the same key, in every pod, for as long as the share stays the same."""
    place = int.from_bytes(hashlib.sha256(key.encode(errors="surrogatepass")).digest()[:8]) / 2**64
    return "holdout" if place < holdout_share else "train"


class RowFile:
    """This pod's file in one folder; made with the first row."""

    def __init__(self, folder: Path, writer: str) -> None:
        self._path = folder / f"{writer}.jsonl"
        self._descriptor: int | None = None

    def append(self, row: Mapping[str, Any]) -> None:
        """Append one row, whole or not at all; raise OSError where the disk doesn't take it."""
        if self._descriptor is None:
            self._descriptor = _open(self._path)
        line = json.dumps(row, ensure_ascii=False).encode(errors="replace") + b"\n"
        before = os.fstat(self._descriptor).st_size
        if os.write(self._descriptor, line) != len(line):
            os.ftruncate(self._descriptor, before)
            raise OSError(f"{self._path}: no room for a row")


def _open(path: Path) -> int:
    """Open for appending; what a killed process left of its last row goes, or the next row would be broken by it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    contents = path.read_bytes()
    os.ftruncate(descriptor, contents.rfind(b"\n") + 1)
    return descriptor
