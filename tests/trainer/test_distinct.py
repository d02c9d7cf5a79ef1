"""Rows that repeat an input are no evidence: models learn from its newest label, and are judged on distinct inputs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.commands.judge import explain, judge
from refit_trainer.commands.train import train
from refit_trainer.data.distinct import input_key, keep_newest
from refit_trainer.data.rows import Row
from refit_trainer.tasks import find_task
from tests.support.trainer.commands import judge_config, read_rows, train_config, write_rows

CLASSIFICATION, RECOMMENDATION = find_task("text-classification"), find_task("recommendation")


def labelled(*pairs: tuple[str, Any]) -> list[Row]:
    return [Row({"text": text, "label": label}, f"rows.jsonl:{line}") for line, (text, label) in enumerate(pairs, 1)]


def kept(*pairs: tuple[str, Any]) -> list[tuple[str, Any]]:
    found = keep_newest(labelled(*pairs), "text", "label")
    return [(row.values["text"], row.values["label"]) for row in found.rows]


def repeat(rows: list[dict[str, Any]], path: Path, times: int = 40) -> Path:
    """Write each text many times, with the wrong label before the last time."""
    other = {"positive": "negative", "negative": "positive"}
    wrong = [row | {"label": other[row["label"]]} for row in rows]
    return write_rows(path, [row for _ in range(times - 1) for row in wrong] + rows)


@pytest.fixture(scope="module")
def report(published: Path, holdout_rows: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    rows = repeat(read_rows(holdout_rows)[:10], tmp_path_factory.mktemp("repeated") / "rows.jsonl")
    return judge(json.dumps(judge_config(published, rows, published)))


def test_a_holdout_of_ten_texts_is_ten_inputs(report: dict[str, Any]) -> None:
    assert (report["rows"], report["distinct"]) == (400, 10)
    assert (report["holdout"]["rows"], report["holdout"]["distinct"], report["holdout"]["contradicting"]) == (
        400,
        10,
        10,
    )
    assert sum(part["rows"] for part in report["slices"].values()) == 10


def test_models_are_judged_on_the_newest_labels(
    report: dict[str, Any], published: Path, holdout_rows: Path, tmp_path: Path
) -> None:
    once = write_rows(tmp_path / "rows.jsonl", read_rows(holdout_rows)[:10])
    assert report["candidate"] == judge(json.dumps(judge_config(published, once, published)))["candidate"]


def test_models_learn_the_newest_label_alone(
    tiny: Path, train_rows: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows, settings = read_rows(train_rows)[:40], {"hyperparameters": {"epochs": "1", "learning_rate": "1e-3"}}
    once = train(json.dumps(train_config(tiny, write_rows(tmp_path / "o.jsonl", rows), tmp_path / "once", **settings)))
    often = repeat(rows, tmp_path / "often.jsonl", 5)
    report = train(json.dumps(train_config(tiny, often, tmp_path / "often", uid="uid-2", **settings)))
    assert (report["digest"], report["rows"]) == (once["digest"], 40)
    data = json.loads((tmp_path / "often" / "manifest.json").read_text())["dataset"]["train"]
    assert (data["rows"], data["distinct"], data["contradicting"]) == (200, 40, 40)
    assert "data.contradicting inputs=40 of=40: the newest label counts; the first: often.jsonl:121 has" in caplog.text


def test_the_page_tells_it(checkpoint: Path, holdout_rows: Path, tmp_path: Path) -> None:
    rows = repeat(read_rows(holdout_rows)[:10], tmp_path / "rows.jsonl")
    explain(json.dumps(judge_config(checkpoint, rows)))
    text = re.sub(r"\s+", " ", (checkpoint / "report.html").read_text())
    assert "the same 10 rows, one for each distinct input, which training never saw." in text
    assert "10 of the inputs had labels that contradict each other" in text


def test_the_newest_label_counts() -> None:
    assert kept(("a", "x"), ("b", "x"), ("a", "y")) == [("b", "x"), ("a", "y")]
    assert kept(("a", "x"), ("a", None)) == [("a", "x")] and kept(("a", None), ("a", "x")) == [("a", "x")]
    assert kept(("a", None), ("a", None)) == [("a", None)]


def test_each_question_has_its_newest_answer() -> None:
    rows = ("a", {"mood": "good", "topic": "war"}), ("a", {"mood": None, "topic": "sport"}), ("a", {"size": "big"})
    assert kept(*rows) == [("a", {"mood": "good", "topic": "sport", "size": "big"})]
    assert keep_newest(labelled(*rows), "text", "label").contradicting == 1
    assert keep_newest(labelled(*rows[1:]), "text", "label").contradicting == 0


def test_texts_are_one_input_whatever_their_case_and_blanks() -> None:
    assert input_key("Good  film\n") == input_key("good film") != input_key("good films")
    assert input_key(["a", "b"]) != input_key(["b", "a"]) and input_key(["A"]) != input_key(["a"])


def test_of_a_history_every_user_counts() -> None:
    from refit_trainer.tasks.components.evidence import select_distinct

    rows = [Row({"items": ["a"], "next": item}) for item in ("b", "c", "b")]
    found = select_distinct(RECOMMENDATION, rows)
    assert (len(found.rows), found.inputs, found.contradicting) == (3, 1, 0)
    assert select_distinct(CLASSIFICATION, labelled(("a", "x"), ("A", "x"))).facts() == {"distinct": 1}
