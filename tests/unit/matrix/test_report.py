"""What was seen of the readings: kept by row, and shown in a page between two markers."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.matrix.cells import MONITORING, ROLLING_OUT, STAGES, TRAINING, Cell
from tests.matrix.kept import keep, parse
from tests.matrix.report import BEGIN, END, line, render, table
from tests.matrix.rows import ROWS, Row


def cells(row: Row) -> list[Cell]:
    """Return what is seen where all is as it should be."""
    cell = Cell(
        row=row.name,
        stage="",
        metric=(row.truth,),
        message="why",
        state="Blind",
        conditions={"Ready": "True Watching"},
        events=(),
        runs=("Monitoring", "Finished"),
        jobs=1,
        pointer=("the candidate",),
        outcome="Promoted",
        confirmed="Unknown TooFewReadings",
        said="it stays",
    )
    runs = {MONITORING: (), TRAINING: ("Training", "Judging"), ROLLING_OUT: ("RollingOut",)}
    return [replace(cell, stage=stage, runs=runs.get(stage, cell.runs)) for stage in STAGES]


ROW = next(row for row in ROWS if row.name == "NaN")
HELD = ["NaN", "`NotANumber`", "why", "no run", "goes on", "goes on", "stays", "`Unknown`, `TooFewReadings`"]


def test_a_reading_that_holds() -> None:
    assert line(*cells(ROW)) == HELD


@pytest.mark.parametrize(
    ("stage", "change", "column", "want"),
    [
        (0, {"runs": ("new",)}, 3, "a run starts"),
        (0, {"conditions": {"Ready": "False QueryRefused"}}, 1, "`NotANumber`, `Ready=False` `QueryRefused`"),
        (1, {"runs": ("Training", "Finished")}, 4, "Training → Finished"),
        (1, {"jobs": 2}, 4, "Training → Judging"),
        (2, {"pointer": ("the initial model",)}, 5, "stopped"),
        (3, {"pointer": ("the candidate", "the initial model")}, 6, "rolled back"),
        (3, {"confirmed": "False Breached"}, 7, "`False`, `Breached`"),
    ],
)
def test_whatever_is_other_shows(stage: int, change: dict[str, object], column: int, want: str) -> None:
    seen = cells(ROW)
    seen[stage] = replace(seen[stage], **change)  # type: ignore[arg-type]
    found = line(*seen)
    assert found[column] == want
    assert [word for at, word in enumerate(found) if at != column] == HELD[:column] + HELD[column + 1 :]


def test_a_row_that_was_not_played_is_missed() -> None:
    every = [cell for row in ROWS for cell in cells(row)]
    assert len(table(every).splitlines()) == 2 + len(ROWS)
    with pytest.raises(ValueError, match="NaN"):
        table([cell for cell in every if (cell.row, cell.stage) != ("NaN", "training")])


def test_only_what_is_between_the_markers_is_made() -> None:
    every = [cell for row in ROWS for cell in cells(row)]
    page = f"# Readings\n{BEGIN}old\n{END}the rest\n"
    assert render(page, every) == f"# Readings\n{BEGIN}{table(every)}\n{END}the rest\n"


def test_a_row_played_again_takes_the_place_of_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept.jsonl"
    monkeypatch.setenv("REFIT_MATRIX", str(kept))
    good = cells(ROWS[0])
    for played in (cells(ROW), good, [replace(cell, message="another") for cell in cells(ROW)]):
        keep(played)
    assert parse(kept.read_text()) == [*good, *(replace(cell, message="another") for cell in cells(ROW))]
