"""Which rows are the newest goes by what their times mean, the same in every format."""

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pytest
from pyarrow import parquet

from refit_trainer.contract.config import Dataset
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.reader import read_rows
from refit_trainer.data.rows import RowSet
from refit_trainer.data.times import NoTime, parse_time
from refit_trainer.tasks.components.row_check import check_row
from refit_trainer.tasks.text_classification import TASK
from tests.support.trainer.commands import run_command, train_config, write_rows

NEWEST_FIRST = [{"text": f"row {n}", "label": "positive", "time": 1795000000 - n} for n in range(6)]
MILLISECONDS = 1795000000000
COMPACT = "a date or a number of seconds: write it as YYYY-MM-DD"


def read(path: Path, **dataset: Any) -> RowSet:
    return read_rows(path.as_uri(), Dataset(**dataset), TASK.roles, check_row(TASK, None))


def refusal(path: Path, **dataset: Any) -> str:
    with pytest.raises(BadInput) as refused:
        read(path, **dataset)
    return str(refused.value)


def write(folder: Path, format: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / f"rows.{format}"
    if format == "jsonl":
        return write_rows(path, rows)
    if format == "parquet":
        parquet.write_table(arrow.Table.from_pylist(rows), path)
        return path
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("columns", [{}, {"time": "time"}], ids=["unmapped", "mapped"])
@pytest.mark.parametrize("spell", [int, float, str, "{:.1f}".format], ids=["int", "float", "text", "decimals"])
@pytest.mark.parametrize("format", ["jsonl", "csv", "parquet"])
def test_seconds_name_the_newest_rows_in_every_format(tmp_path: Path, format: str, spell: Any, columns: Any) -> None:
    rows = [{**row, "time": spell(row["time"])} for row in NEWEST_FIRST]
    used = read(write(tmp_path, format, rows), format=format, recent=2, columns=columns)
    assert [row.values["text"] for row in used.rows] == ["row 1", "row 0"]
    assert used.newest == "2026-11-18T11:06:40Z"


@pytest.mark.parametrize("columns", [{}, {"time": "time"}], ids=["unmapped", "mapped"])
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (MILLISECONDS, "not seconds from 1970 to 9999: milliseconds or smaller units must be converted"),
        (float(MILLISECONDS), "not seconds from 1970 to 9999"),
        (str(MILLISECONDS), "not seconds from 1970 to 9999"),
        pytest.param(10**400, "not a finite number of seconds", id="huge"),
        (float("inf"), "not a finite number of seconds"),
        (float("nan"), "not a finite number of seconds"),
        ("nan", "not a finite number of seconds"),
        (-1, "not a time from 1970 to 9999"),
        ("1969-12-31T23:59:59Z", "not a time from 1970 to 9999"),
        ("0001-01-01T00:00:00+14:00", "not a time from 1970 to 9999"),
        ("9999-12-31T23:59:59-14:00", "not a time from 1970 to 9999"),
        (20261124, COMPACT),
        ("20261124", COMPACT),
    ],
)
def test_what_is_no_time_is_told_with_its_row(tmp_path: Path, value: Any, problem: str, columns: Any) -> None:
    path = write_rows(tmp_path / "rows.jsonl", [NEWEST_FIRST[0], {**NEWEST_FIRST[1], "time": value}])
    shown = json.loads(path.read_text().splitlines()[1])["time"]
    assert f'rows.jsonl:2: column "time" (time) is {shown!r:.80}, {problem}' in refusal(path, columns=columns)


@pytest.mark.parametrize("value", ["yesterday", "12:30", "", True, [1], {"a": 1}, b"1795000000", "1_795_000_000", None])
def test_what_is_neither_a_number_nor_a_date_may_have_another_meaning(value: Any) -> None:
    with pytest.raises(NoTime, match="not a time") as refused:
        parse_time(value)
    assert not refused.value.is_meant


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (0, 0),
        (253402300799, 253402300799),
        (Decimal("1795000000.5"), 1795000000.5),
        (" 1795000000 ", 1795000000),
        ("1.795e9", 1795000000),
        (datetime.date(2026, 11, 18), 1794960000),
        (datetime.datetime(2026, 11, 18, 11, 6, 40), 1795000000),
        ("2026-11-18T12:06:40+01:00", 1795000000),
    ],
)
def test_a_time(value: Any, seconds: float) -> None:
    assert parse_time(value) == seconds


def test_milliseconds_end_the_command_with_64(tmp_path: Path, tiny: Path) -> None:
    rows = write_rows(tmp_path / "ms.jsonl", [{**NEWEST_FIRST[0], "time": MILLISECONDS}])
    ended = run_command("train", train_config(tiny, rows, tmp_path / "out"), tmp_path)
    assert ended.code == 64
    assert f'ms.jsonl:1: column "time" (time) is {MILLISECONDS}, not seconds' in ended.message["error"]
