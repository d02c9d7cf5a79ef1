"""What was seen, kept as JSON lines in the order of the rows, in the file that REFIT_MATRIX names."""

import fcntl
import json
import os
from dataclasses import asdict, fields
from pathlib import Path

from tests.matrix.cells import STAGES, Cell
from tests.matrix.rows import ROWS


def keep(cells: list[Cell]) -> None:
    """Put a row's cells in place of those that were kept of it."""
    if "REFIT_MATRIX" not in os.environ:
        return
    with Path(os.environ["REFIT_MATRIX"]).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        old = [cell for cell in parse(file.read()) if cell.row != cells[0].row]
        file.truncate(0)
        file.writelines(json.dumps(asdict(cell)) + "\n" for cell in in_order([*old, *cells]))


def parse(text: str) -> list[Cell]:
    """Read what was kept."""
    return [_cell(json.loads(line)) for line in text.splitlines()]


def _cell(found: dict[str, object]) -> Cell:
    lists = {field.name for field in fields(Cell) if field.type == tuple[str, ...]}
    return Cell(**{key: tuple(value) if key in lists else value for key, value in found.items()})  # type: ignore


def in_order(cells: list[Cell]) -> list[Cell]:
    """Return the cells by row and stage; those of rows that are no more are dropped."""
    names = [row.name for row in ROWS]
    known = [cell for cell in cells if cell.row in names]
    return sorted(known, key=lambda cell: (names.index(cell.row), STAGES.index(cell.stage)))
