"""Labelled rows for the trainer, in this pod's own file on their side.

A row is one write at the end of the file, so a reader sees whole lines and at most one unfinished one.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from refit_trainer.data.blob import Blob

FILES = "files"  # beside the rows


class RowFile:
    """This pod's file in one folder; made with the first row."""

    def __init__(self, folder: Path, writer: str) -> None:
        self._folder = folder
        self._path = folder / f"{writer}.jsonl"
        self._descriptor: int | None = None

    def append(self, row: Mapping[str, Any]) -> None:
        """Append one row, whole or not at all; raise OSError where the disk doesn't take it.

        Images and recordings become files of their own first, named by their contents.
        """
        if self._descriptor is None:
            self._descriptor = _open(self._path)
        values = {column: _store(value, self._folder) for column, value in row.items()}
        line = json.dumps(values, ensure_ascii=False).encode(errors="replace") + b"\n"
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


def _store(value: Any, folder: Path) -> Any:
    """Return a value as a row keeps it: contents are written to a file, and the row names it."""
    if not isinstance(value, Blob):
        return value
    name = f"{FILES}/{value.digest}"
    if not (folder / name).exists():
        (folder / FILES).mkdir(exist_ok=True)
        unfinished = folder / FILES / f".{value.digest}.{os.getpid()}"
        unfinished.write_bytes(value.read())
        unfinished.rename(folder / name)
    return name
