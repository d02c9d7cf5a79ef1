"""Rows in a stream: the same rows, splits and digests as lists in memory give, and no memory that grows with them."""

import hashlib
import json
import random
import tracemalloc
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.contract.config import Dataset
from refit_trainer.data.blob import Blob
from refit_trainer.data.distinct import input_key, keep_newest
from refit_trainer.data.draws import draw
from refit_trainer.data.reader import read_rows
from refit_trainer.data.rows import Row, RowSet
from refit_trainer.data.stored_rows import StoredRows
from refit_trainer.methods.full import Hyperparameters, split_rows
from refit_trainer.tasks import find_task
from refit_trainer.tasks.components.evidence import select_distinct
from refit_trainer.tasks.components.row_check import check_row
from refit_trainer.training.encoded import Encoder, lengths_of
from refit_trainer.training.samplers import LengthGroupedSampler
from tests.support.trainer.data_sets import write_data_set, write_folders

TASK = find_task("text-classification")
KINDS = ["csv", "jsonl", "jsonl packed", "parquet", "hf-dataset"]


def generate(count: int, has_times: bool = True) -> list[dict[str, Any]]:
    """Return rows of which some repeat a text, with another case, other blanks or another label."""
    draws = random.Random(count)
    rows = []
    for number in range(count):
        words = draws.choices(["film", "Film", "fine", "été", "日本", "\N{GRINNING FACE}"], k=3)
        text = draws.choice([" ", "  "]).join(words) + draws.choice(["", f" {number}"])
        row = {"text": text, "label": draws.choice(["positive", "negative"]), "domain": draws.choice("ab")}
        rows.append(row | ({"time": f"2026-11-{draws.randint(10, 28)}T10:00:00Z"} if has_times else {}))
    return rows


def read(kind: str, rows: Sequence[dict[str, Any]], folder: Path, **more: Any) -> RowSet:
    format, path = write_data_set(kind, rows, folder)
    return read_rows(path.as_uri(), Dataset(format=format, **more), TASK.roles, check_row(TASK, None))


def in_memory(rows: Sequence[dict[str, Any]], recent: int | None, replay: float) -> list[dict[str, Any]]:
    """Return what is used of rows, by lists: sorted by time, the newest, and the replayed ones before them."""
    ordered = sorted(rows, key=lambda row: row.get("time", ""))
    old = len(rows) - min(len(rows), recent or len(rows))
    wanted = min(old, round((recent or 0) * replay / (1 - replay)))
    drawn = sorted(random.Random(old).sample(range(old), wanted))
    chosen = [ordered[place] for place in (*drawn, *range(old, len(rows)))]
    return [{"text": row["text"], "label": row["label"], "slice": row["domain"]} for row in chosen]


def digest_of(values: Sequence[dict[str, Any]]) -> str:
    lines = "".join(json.dumps(one, sort_keys=True, ensure_ascii=False) + "\n" for one in values)
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def newest_in_memory(values: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Return the newest row of each text, and how many texts have several labels."""
    newest: dict[str, dict[str, Any]] = {}
    labels: dict[str, set[str]] = {}
    for one in values:
        text = " ".join(one["text"].casefold().split())
        newest.pop(text, None)
        newest[text] = one
        labels.setdefault(text, set()).add(one["label"])
    return list(newest.values()), sum(len(found) > 1 for found in labels.values())


@pytest.mark.parametrize("has_times", [True, False], ids=["by time", "by place"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_gives_what_lists_in_memory_give(tmp_path: Path, kind: str, has_times: bool) -> None:
    for count in (1, 7, 2500):
        rows = generate(count, has_times)
        for recent, replay in ((None, 0.0), (1, 0.0), (900, 0.2), (900, 0.6), (2000, 0.5)):
            folder = tmp_path / f"{count}-{recent}-{replay}"
            columns = {"slice": "domain"}
            found = read(kind, rows, folder, recent=recent, replay=replay, columns=columns)
            wanted = in_memory(rows, recent, replay)
            assert [row.values for row in found.rows] == wanted
            assert found.digest == digest_of(wanted)
            assert found.newest == (max(row["time"] for row in rows) if has_times else None)
            newest, contradicting = newest_in_memory(wanted)
            distinct = select_distinct(TASK, found.rows)
            assert [row.values for row in distinct.rows] == newest
            assert (distinct.inputs, distinct.contradicting) == (len(newest), contradicting)


@pytest.mark.parametrize("format", ["imagefolder", "audiofolder"])
def test_files_come_in_the_order_of_their_paths(tmp_path: Path, format: str) -> None:
    task = find_task("image-classification" if format == "imagefolder" else "audio-classification")
    labels = write_folders(format, 50, tmp_path / "data")
    dataset = Dataset(format=format, recent=20, replay=0.5)
    found = read_rows((tmp_path / "data").as_uri(), dataset, task.roles, check_row(task, None))
    old = sorted(random.Random(30).sample(range(30), 20))
    assert [row.values["label"] for row in found.rows] == [labels[place] for place in (*old, *range(30, 50))]
    assert [row.values[task.input].at for row in found.rows] == [
        sorted((tmp_path / "data").rglob("*.*"))[place] for place in (*old, *range(30, 50))
    ]


def test_the_split_is_the_one_of_a_shuffled_list() -> None:
    rows = [Row({"text": str(number)}) for number in range(1000)]
    settings = Hyperparameters(seed=7, early_stopping=1, epochs=2)
    shuffled = random.Random(7).sample(rows, len(rows))
    split = split_rows(rows, settings)
    assert list(split.held) == shuffled[:100] and list(split.learnt) == shuffled[100:]


@pytest.mark.parametrize("of", [1, 20, 22, 100, 5000])
def test_what_is_drawn_is_what_random_draws(of: int) -> None:
    for wanted in sorted({0, 1, 5, of // 7, of // 3, of // 2, of} - set(range(of + 1, 9))):
        for seed in range(3):
            assert draw(of, wanted, seed).tolist() == random.Random(seed).sample(range(of), wanted)


def test_answers_to_several_questions_are_joined_over_many_rows() -> None:
    given = [{"q": "a"}, {"r": "b"}, {"q": None, "r": "c"}, {"q": "d"}]
    rows = [
        Row({"text": "One" if number % 2 else " one", "label": one}, str(number)) for number, one in enumerate(given)
    ]
    other = Row({"text": "two", "label": {"q": "e"}})
    found = keep_newest([*rows[:2], other, *rows[2:]], "text", "label")
    assert [row.values["label"] for row in found.rows] == [{"q": "e"}, {"q": "d", "r": "c"}]
    assert (found.inputs, found.contradicting) == (2, 1)


def test_stored_values_stay_what_they_are() -> None:
    values: dict[str, Any] = {
        "half": "a\ud800b",
        "number": 10**40,
        "nan": [1.5, None, True, {"a": ()}],
        "time": datetime(2026, 11, 24, 16, 40, 2, 5),
        "day": date(2026, 11, 24),
        "decimal": Decimal("1.10"),
        "blob": Blob(b"\0\1", "x.png"),
        "path": Blob(Path("/x"), "x"),
    }
    rows = StoredRows()
    for number in range(2500):
        rows.append(Row({"text": str(number)}, f"a:{number}"))
        rows.append(Row(values | {"path": None}, "b:1"))
    rows.complete()
    assert rows[3] == Row(values | {"path": None}, "b:1") and rows[-2].source == "a:2499"
    assert [row.values["text"] for row in rows.read([4998, 0, 2, 4, 2])] == ["2499", "0", "1", "2", "1"]
    with pytest.raises(IndexError):
        rows[5000]


def traced_peak(kind: str, count: int, folder: Path) -> int:
    """Return the most that Python holds while rows are read, told apart, encoded, split and put into batches."""
    rows = generate(count)
    format, path = write_data_set(kind, rows, folder / "data")
    del rows
    tracemalloc.start()
    found = read_rows(path.as_uri(), Dataset(format=format, recent=count - 9), TASK.roles, check_row(TASK, None))
    split = split_rows(select_distinct(TASK, found.rows).rows, Hyperparameters(early_stopping=1, epochs=2))
    encoder = Encoder(folder / "encoded", "letters", lambda some: [letters(row) for row in some])
    examples, _ = encoder.encode(split.learnt), encoder.encode(split.held)
    assert sum(len(examples[place]["input_ids"]) for place in LengthGroupedSampler(lengths_of(examples), 16, 1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def letters(row: Row) -> dict[str, Any]:
    return {"input_ids": list(map(ord, row.values["text"])), "labels": len(row.values["label"])}


@pytest.mark.parametrize("kind", KINDS)
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less at once than by default, so that few rows are already more than that."""
    for place in ("data.picked.AT_ONCE", "data.records.BATCH", "training.encoded.AT_ONCE"):
        monkeypatch.setattr(f"refit_trainer.{place}", 200)
    few, many = 1000, 8000
    traced_peak(kind, 100, tmp_path / "imports")
    growth = traced_peak(kind, many, tmp_path / "many") - traced_peak(kind, few, tmp_path / "few")
    assert growth / (many - few) < 40, f"{growth / (many - few):.0f} bytes for each row more"


def test_inputs_are_told_apart_by_case_and_blanks_alone() -> None:
    assert input_key("A  film\n") == input_key("a film") != input_key("afilm")
