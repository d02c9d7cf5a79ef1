"""The same rows in each format of a data set."""

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow as arrow
from pyarrow import parquet

from tests.support.trainer.pictures import png
from tests.support.trainer.sounds import tone

Rows = Sequence[dict[str, Any]]


def _csv(rows: Rows, path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def _jsonl(rows: Rows, path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _packed(rows: Rows, path: Path) -> None:
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))


def _parquet(rows: Rows, path: Path) -> None:
    parquet.write_table(arrow.Table.from_pylist(rows), path, row_group_size=700)


WRITERS: dict[str, tuple[str, str, Callable[[Rows, Path], None]]] = {
    "csv": ("csv", ".csv", _csv),
    "jsonl": ("jsonl", ".jsonl", _jsonl),
    "jsonl packed": ("jsonl", ".jsonl.gz", _packed),
    "parquet": ("parquet", ".parquet", _parquet),
}


def write_data_set(kind: str, rows: Rows, folder: Path) -> tuple[str, Path]:
    """Write rows, all of the same columns with text in them, in two files where a format has files; return its name."""
    if kind == "hf-dataset":
        datasets.Dataset.from_list(list(rows)).save_to_disk(str(folder))
        return kind, folder
    format, suffix, write = WRITERS[kind]
    folder.mkdir(parents=True)
    half = (len(rows) + 1) // 2
    for name, part in (("a", rows[:half]), ("b", rows[half:])):
        if part:
            write(part, folder / f"{name}{suffix}")
    return format, folder


def write_folders(format: str, count: int, folder: Path) -> list[str]:
    """Write so many pictures or recordings in the folders of three labels; return labels in the order of reading."""
    for number in range(count):
        place = folder / "abc"[number % 3] / f"{number:04}{'.png' if format == 'imagefolder' else '.wav'}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(png(number % 200) if format == "imagefolder" else tone(0.05, 200 + number % 50).read())
    return [label for label in "abc" for _ in range(len(range("abc".index(label), count, 3)))]
