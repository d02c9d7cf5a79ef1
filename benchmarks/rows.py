"""Rows as the trainer's format `jsonl` has them: recordings and images are files beside them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_rows(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows into a folder; a value that is a file's contents becomes a file, named by its number."""
    from refit_trainer.data.blob import Blob

    (folder / "files").mkdir(parents=True)
    with (folder / "rows.jsonl").open("w") as lines:
        for number, row in enumerate(rows):
            written = dict(row)
            for column, value in row.items():
                if isinstance(value, Blob):
                    written[column] = f"files/{number}"
                    (folder / "files" / str(number)).write_bytes(value.read())
            lines.write(json.dumps(written, ensure_ascii=False) + "\n")
    return folder
