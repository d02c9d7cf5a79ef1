import json
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.contract.config import Dataset
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.reader import read_rows
from refit_trainer.data.rows import RowSet
from refit_trainer.tasks.components.row_check import check_row
from refit_trainer.tasks.text_classification import TASK
from tests.support.trainer.commands import write_rows

LABELS = ("negative", "positive")
GOOD = {"text": "a fine film", "label": "positive"}


def read(path: Path, **dataset: Any) -> RowSet:
    return read_rows(path.as_uri(), Dataset(**dataset), TASK.roles, check_row(TASK, LABELS))


def refusal(path: Path, **dataset: Any) -> str:
    with pytest.raises(BadInput) as refused:
        read(path, **dataset)
    return str(refused.value)


def texts(rows: RowSet) -> list[str]:
    return [row.values["text"] for row in rows.rows]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"text": "a film"}, 'feedback.jsonl:2: column "label" (label) is missing'),
        ({"text": None, "label": "positive"}, 'feedback.jsonl:2: column "text" (text) is null'),
        ({"text": "  ", "label": "positive"}, "feedback.jsonl:2: text is empty"),
        ({"text": 3, "label": "positive"}, "feedback.jsonl:2: text is 3, not a string"),
        ({"text": "a film", "label": "postive"}, "feedback.jsonl:2: unknown label 'postive'; the model knows negative"),
        ({"text": "a film", "label": True}, "feedback.jsonl:2: label is True"),
        ("a string", "feedback.jsonl:2: not a JSON object"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: Any, problem: str) -> None:
    assert problem in refusal(write_rows(tmp_path / "feedback.jsonl", [GOOD, row, GOOD]))


def test_broken_json_on_line_17(tmp_path: Path) -> None:
    lines = [json.dumps(GOOD)] * 30
    lines[16] = '{"text": "a film", "label": "posi'
    (tmp_path / "feedback.jsonl").write_text("\n".join(lines) + "\n")
    assert refusal(tmp_path).startswith("feedback.jsonl:17: not JSON: Unterminated string")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "feedback.jsonl").write_bytes(b'{"text": "caf\xe9", "label": "positive"}\n')
    assert refusal(tmp_path).startswith("feedback.jsonl:1: not JSON")


def test_all_problems_are_told_up_to_twenty(tmp_path: Path) -> None:
    bad = [{"text": f"film {n}", "label": "unheard"} for n in range(25)]
    told = refusal(write_rows(tmp_path / "feedback.jsonl", [GOOD, *bad])).splitlines()
    assert told[0].startswith("feedback.jsonl:2: ") and told[19].startswith("feedback.jsonl:21: ")
    assert told[20:] == ["and 5 more"]


def test_a_column_that_no_row_has_is_one_problem(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "feedback.jsonl", [GOOD] * 50)
    assert refusal(path, columns={"text": "review"}) == 'every row: column "review" (text) is missing'


def test_a_role_that_the_task_lacks(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "feedback.jsonl", [GOOD])
    assert "dataset.columns.image: unknown role" in refusal(path, columns={"image": "picture"})


@pytest.mark.parametrize("contents", ["", "\n\n", '{"text": "unfini'])
def test_no_rows(tmp_path: Path, contents: str) -> None:
    (tmp_path / "feedback.jsonl").write_text(contents)
    assert "has no rows" in refusal(tmp_path / "feedback.jsonl")
    assert "has no rows in files named *.jsonl" in refusal(tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    assert "doesn't exist" in refusal(tmp_path / "feedback.jsonl")


def test_an_unfinished_last_line_is_not_a_row_yet(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "feedback.jsonl", [GOOD, GOOD])
    with path.open("a") as file:
        file.write(json.dumps(GOOD)[:-3])
    assert len(read(path)) == 2


def test_a_whole_last_line_without_newline_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{json.dumps(GOOD)}")
    assert len(read(path)) == 2


def test_recent_goes_by_order_of_files_and_rows(tmp_path: Path) -> None:
    for name in "ba":
        write_rows(tmp_path / f"{name}.jsonl", [{**GOOD, "text": f"{name}{n}"} for n in range(3)])
    assert texts(read(tmp_path, recent=4)) == ["a2", "b0", "b1", "b2"]


def test_replay_is_a_share_of_the_rows_used(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "feedback.jsonl", [{**GOOD, "text": f"{n}"} for n in range(100)])
    used = read(path, recent=30, replay=0.25)
    old, recent = texts(used)[:10], texts(used)[10:]
    assert recent == [f"{n}" for n in range(70, 100)] and used.replayed == used.facts()["replayed"] == 10
    assert old == sorted(set(old), key=int) and set(old) < {f"{n}" for n in range(70)} and old[-1] != "9"
    assert texts(read(path, recent=30, replay=0.25)) == texts(used)


def test_other_old_rows_return_once_there_are_more(tmp_path: Path) -> None:
    rows = [{**GOOD, "text": f"{n}"} for n in range(101)]
    path, longer = write_rows(tmp_path / "a.jsonl", rows[:100]), write_rows(tmp_path / "b.jsonl", rows)
    assert texts(read(path, recent=30, replay=0.25))[:10] != texts(read(longer, recent=30, replay=0.25))[:10]


@pytest.mark.parametrize(("recent", "replayed"), [(100, 0), (98, 2), (300, 0)])
def test_no_more_old_rows_return_than_there_are(tmp_path: Path, recent: int, replayed: int) -> None:
    path = write_rows(tmp_path / "feedback.jsonl", [GOOD] * 100)
    used = read(path, recent=recent, replay=0.5)
    assert (len(used), used.replayed) == (100, replayed)


def test_recent_goes_by_time_where_every_row_has_one(tmp_path: Path) -> None:
    times = ["2026-11-24T16:40:02Z", "2026-11-24T18:00:00+02:00", "2026-11-24T15:00:00.5Z"]
    rows = [{**GOOD, "text": f"film {n}", "time": time} for n, time in enumerate(times)]
    read_set = read(write_rows(tmp_path / "feedback.jsonl", rows), recent=2)
    assert texts(read_set) == ["film 1", "film 0"]
    assert read_set.newest == "2026-11-24T16:40:02Z"


def test_a_mapped_time_must_be_one(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "feedback.jsonl", [{**GOOD, "at": 1.5}, {**GOOD, "at": "yesterday"}])
    assert "feedback.jsonl:2: column \"at\" (time) is 'yesterday'" in refusal(path, columns={"time": "at"})


def test_a_bad_row_that_is_not_used_does_no_harm(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "feedback.jsonl", [{"text": "old", "label": "unheard"}, GOOD])
    assert len(read(path, recent=1)) == 1


def test_the_digest_is_that_of_the_rows(tmp_path: Path) -> None:
    one = write_rows(tmp_path / "one.jsonl", [GOOD, {**GOOD, "text": "another"}])
    split = tmp_path / "split"
    write_rows(split / "a.jsonl", [GOOD])
    write_rows(split / "b.jsonl", [{**GOOD, "text": "another", "unused": 1}])
    assert read(one).digest == read(split).digest != read(one, recent=1).digest


def test_another_file_system(tmp_path: Path) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe_file("/feedback/a.jsonl", json.dumps(GOOD).encode() + b"\n")
    check = check_row(TASK, LABELS)
    assert len(read_rows("memory://feedback", Dataset(), TASK.roles, check)) == 1
    with pytest.raises(BadInput, match="doesn't exist"):
        read_rows("memory://nothing", Dataset(), TASK.roles, check)
    with pytest.raises(BadInput, match="gopher"):
        read_rows("gopher://feedback", Dataset(), TASK.roles, check)
