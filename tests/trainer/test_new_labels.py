"""Labels that a model does not know: which become classes, and what is learnt of them."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks.components.new_labels import MOST_NEW_LABELS, choose_new_labels, find_nearly, read_unnamed
from refit_trainer.tasks.text_classification import TASK
from tests.support.trainer.commands import finish, start_command, train_config, write_rows
from tests.support.trainer.new_labels import (
    OLD,
    ONCE,
    SETTINGS,
    Rows,
    accuracy,
    config,
    judged,
    labelled,
    manifest_of,
    together,
    weather,
)


@pytest.fixture
def grown_rows(sentences: Rows, tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", together(sentences[:200], weather(0, 60)))


def test_a_new_label_ends_the_run_with_the_fields_name(published: Path, grown_rows: Path, tmp_path: Path) -> None:
    said = "unknown label 'weather'; the model knows negative, positive; dataset.newLabels: Extend makes it a class"
    asked = train_config(published, grown_rows, tmp_path / "out")
    ended = finish(start_command("train", asked, tmp_path), tmp_path, within_s=300)
    assert ended.code == 64, ended.output
    assert said in ended.message["error"] and not (tmp_path / "out").exists()


def test_what_is_nearly_a_known_label_is_named(published: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", labelled("a film", "Positive", 2))
    with pytest.raises(BadInput, match="'Positive' differs from 'positive' in case, blanks or Unicode form alone"):
        train(json.dumps(train_config(published, rows, tmp_path / "out")))


def test_a_class_has_enough_inputs() -> None:
    truths = ["old"] * 50 + ["new"] * 20 + ["nwe"] * 19 + [None]
    found = choose_new_labels(truths, ("old",), 20)
    assert (found.learnt, found.left_out) == ({"new": 20}, {"nwe": 19})


def test_of_names_that_look_alike_one_is_a_class() -> None:
    """ﬁlm begins with a ligature; NFKC makes it film."""
    truths = ["Film"] * 30 + ["film"] * 40 + ["\ufb01lm"] * 25 + ["OLD"] * 99 + ["two  words"] * 22 + ["two words"] * 21
    found = choose_new_labels(truths, ("old",), 20)
    assert list(found.learnt) == ["film", "two  words"]
    assert found.left_out == {"Film": 30, "OLD": 99, "two words": 21, "\ufb01lm": 25}


def test_the_order_of_rows_does_not_matter() -> None:
    truths = ["c"] * 20 + ["a"] * 30 + ["b"] * 25
    shuffled = random.Random(1).sample(truths, len(truths))
    for rows in (truths, shuffled, truths[::-1]):
        assert list(choose_new_labels(rows, ("z",), 20).learnt) == ["a", "b", "c"]


def test_a_head_grows_by_a_few_classes_at_once_and_a_new_one_has_all() -> None:
    truths = [f"class {n:03}" for n in range(50) for _ in range(100 - n)]
    found = choose_new_labels(truths, ("old",), 1)
    assert list(found.learnt) == [f"class {n:03}" for n in range(MOST_NEW_LABELS)]
    assert len(choose_new_labels(truths, (), 1).learnt) == 50


@pytest.mark.parametrize(
    ("known", "names", "read"),
    [
        (("LABEL_0", "LABEL_1"), {"0", "1"}, ("0", "1")),
        (("LABEL_0", "LABEL_1"), {"0"}, ("0", "1")),
        (("LABEL_0", "LABEL_1"), {"1"}, ()),
        (("LABEL_0", "LABEL_1"), {"1", "2"}, ()),
        (("LABEL_0", "LABEL_1"), {"0", "1", "2"}, ()),
        (("LABEL_0", "LABEL_1"), {"negative", "positive"}, ()),
        (("LABEL_0", "LABEL_1"), {"LABEL_1", "neutral"}, ("LABEL_0", "LABEL_1")),
        (("LABEL_1", "LABEL_0"), {"0", "1"}, ("LABEL_1", "LABEL_0")),
        (("negative", "positive"), {"0", "1"}, ("negative", "positive")),
    ],
)
def test_a_head_without_names(known: tuple[str, ...], names: set[str], read: tuple[str, ...]) -> None:
    assert read_unnamed(known, names) == read


def test_nearly_is_neither_known_nor_new() -> None:
    assert find_nearly("positive", OLD) is None and find_nearly("weather", OLD) is None
    assert "'POSITIVE' differs from 'positive'" in str(find_nearly("POSITIVE", OLD))
    assert find_nearly("Positive", ("positive", "Positive")) is None


@pytest.mark.parametrize("method", SETTINGS)
def test_the_new_class_is_learnt_and_the_old_ones_are_kept(
    method: str, published: Path, sentences: Rows, grown_rows: Path, tmp_path: Path
) -> None:
    before = accuracy(published, sentences[:200])
    report = train(json.dumps(config(published, grown_rows, tmp_path / "out", method)))
    kept, learnt = accuracy(tmp_path / "out", sentences[:200]), accuracy(tmp_path / "out", weather(500, 560))
    assert learnt > 0.9 and kept > before - 0.1, f"old before {before:.3f}, after {kept:.3f}; new {learnt:.3f}"
    assert report["rows"] == 260
    manifest = manifest_of(tmp_path / "out")
    assert manifest["labels"] == [*OLD, "weather"]
    assert manifest["newLabels"] == {"learnt": {"weather": 60}, "leftOut": {}}


def test_rows_without_a_label_are_given_a_new_one_too(published: Path, sentences: Rows, tmp_path: Path) -> None:
    unlabelled = [{"text": row["text"]} for row in weather(100, 160)]
    rows = write_rows(tmp_path / "rows.jsonl", together(sentences[:200], weather(0, 60), unlabelled))
    settings = {"method": "semi-supervised", **SETTINGS["full"]}
    report = train(json.dumps(config(published, rows, tmp_path / "out") | {"hyperparameters": settings}))
    assert manifest_of(tmp_path / "out")["labels"] == [*OLD, "weather"]
    assert accuracy(tmp_path / "out", weather(500, 560)) > 0.9 and report["metrics"]["pseudo_share"] > 0


def test_several_questions_have_new_answers(tiny: Path, sentences: Rows, tmp_path: Path) -> None:
    settings = {"method": "multi-task", **SETTINGS["full"]}
    old = [{"text": row["text"], "label": {"mood": row["label"], "kind": row["domain"]}} for row in sentences[:200]]
    new = [{"text": row["text"], "label": {"kind": "weather", "mood": "odd"}} for row in weather(0, 60)]
    new[:45] = [row | {"label": {"kind": "weather"}} for row in new[:45]]
    for start, name, rows in ((tiny, "first", old), (tmp_path / "first", "out", together(old, new))):
        path = write_rows(tmp_path / f"{name}.jsonl", rows)
        train(json.dumps(config(start, path, tmp_path / name) | {"hyperparameters": settings}))
    before, manifest = (manifest_of(tmp_path / name) for name in ("first", "out"))
    assert manifest["labels"] == [*before["labels"], "kind=weather"]
    assert manifest["newLabels"] == {"learnt": {"kind=weather": 60}, "leftOut": {"mood=odd": 15}}
    found = TASK.predict(TASK.load(tmp_path / "out"), [Row(row) for row in weather(500, 540)])
    assert sum(one.value["kind"] == "weather" for one in found) > 36


def test_the_same_again_has_the_same_digest(published: Path, grown_rows: Path, tmp_path: Path) -> None:
    reports = []
    for n in (1, 2):
        own = {"run": {"name": "r", "uid": f"{n}"}, "hyperparameters": ONCE}
        reports.append(train(json.dumps(config(published, grown_rows, tmp_path / f"out{n}") | own)))
    assert reports[0]["digest"] == reports[1]["digest"] and reports[0]["fingerprint"] == reports[1]["fingerprint"]


def test_a_slip_is_no_class(published: Path, sentences: Rows, tmp_path: Path) -> None:
    slips = labelled("dull", "negatve", 19) + labelled("fine", "POSITIVE", 40)
    rows = write_rows(tmp_path / "rows.jsonl", together(sentences[:200], slips))
    report = train(json.dumps(config(published, rows, tmp_path / "out") | {"hyperparameters": ONCE}))
    manifest = manifest_of(tmp_path / "out")
    assert report["rows"] == 200 and manifest["labels"] == list(OLD)
    assert manifest["newLabels"] == {"learnt": {}, "leftOut": {"POSITIVE": 40, "negatve": 19}}


def test_a_model_without_a_head_has_no_slips_for_classes_either(tiny: Path, sentences: Rows, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", together(sentences[:200], labelled("dull", "-1", 5)))
    train(json.dumps(config(tiny, rows, tmp_path / "out") | {"hyperparameters": ONCE}))
    assert manifest_of(tmp_path / "out")["labels"] == list(OLD)


def test_rows_of_slips_alone_teach_nothing(published: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", labelled("dull", "negatve", 5))
    with pytest.raises(BadInput, match=r"no row is left to learn from: negatve \(5\): fewer than 20 inputs"):
        train(json.dumps(config(published, rows, tmp_path / "out")))


def unnamed(folder: Path) -> Path:
    path = folder / "config.json"
    names = {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}, "label2id": {"LABEL_0": 0, "LABEL_1": 1}}
    path.write_text(json.dumps(json.loads(path.read_text()) | names))
    (folder / "manifest.json").unlink()
    return folder


def test_a_head_without_names_is_named_by_numbers(checkpoint: Path, sentences: Rows, tmp_path: Path) -> None:
    """It goes on from what it knows: without learning much it is as good as it was."""
    before = accuracy(checkpoint, sentences[:200])
    served = unnamed(checkpoint)
    numbered = [row | {"label": str(OLD.index(row["label"]))} for row in sentences[:200]]
    rows = write_rows(tmp_path / "rows.jsonl", numbered)
    still = config(served, rows, tmp_path / "out") | {"hyperparameters": {"learning_rate": "1e-9"}}
    train(json.dumps(still))
    assert manifest_of(tmp_path / "out")["labels"] == ["0", "1"]
    report = judged(tmp_path / "out", rows, served)
    assert report["candidate"]["metrics"] == report["served"]["metrics"]
    assert report["candidate"]["metrics"]["accuracy"] == pytest.approx(before, abs=1e-5)
    assert before != 0.5 and "newLabels" not in report


def test_a_head_without_names_starts_from_scratch_where_rows_do_not_tell(
    checkpoint: Path, train_rows: Path, tmp_path: Path
) -> None:
    train(json.dumps(config(unnamed(checkpoint), train_rows, tmp_path / "out")))
    assert manifest_of(tmp_path / "out")["labels"] == list(OLD)
    assert judged(tmp_path / "out", train_rows)["candidate"]["metrics"]["accuracy"] > 0.6


@pytest.mark.parametrize(
    ("task", "changes", "words"),
    [
        ("recommendation", {"newLabels": "Extend"}, "dataset.newLabels=Extend: it is for classification alone"),
        ("speech-recognition", {"classWeights": "Balanced"}, "dataset.classWeights=Balanced: it is for classification"),
        ("object-detection", {"columns": {"weight": "w"}}, "dataset.columns.weight: it is for classification alone"),
    ],
)
def test_what_is_no_classification_is_refused(
    task: str, changes: dict[str, Any], words: str, tiny: Path, train_rows: Path, tmp_path: Path
) -> None:
    dataset = {"train": train_rows.as_uri(), **changes}
    with pytest.raises(BadInput, match=words):
        train(json.dumps(train_config(tiny, train_rows, tmp_path / "out", task=task, dataset=dataset)))
