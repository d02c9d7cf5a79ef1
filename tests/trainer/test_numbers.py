"""The tasks whose heads give numbers or several labels: what is measured, scales, heads of other tasks."""

import json
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.comparison.difference import Question, compare
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction, Tally, find_task
from refit_trainer.tasks.components.numbers import Scale, read_number
from tests.support.trainer.models import make_classifier, make_gpt2, make_qwen, make_roberta
from tests.support.trainer.pictures import make_tiny_resnet, png

NUMBERS, SETS, PICTURES = (find_task(name) for name in ("regression", "multi-label", "image-multi-label"))
ROWS = [Row({"text": text, "value": value}) for text, value in (("good", 900.0), ("bad film", "1100"), ("a", 1000))]


def answered(*values: float) -> list[Prediction]:
    return [Prediction(value, 1.0) for value in values]


def test_errors_of_numbers() -> None:
    """Errors of 100, 0 and -50; the squared distances from the mean are 20,000."""
    measured = NUMBERS.measure(ROWS, answered(1000, 1100, 950))
    assert measured == pytest.approx({"r2": 1 - 12_500 / 20_000, "mae": 50, "rmse": (12_500 / 3) ** 0.5})
    assert NUMBERS.tally(950, "1100") == Tally(150)


@pytest.mark.parametrize(("found", "r2"), [(7, 1.0), (8, 0.0)], ids=["met", "missed"])
def test_equal_numbers_have_no_spread_to_explain(found: float, r2: float) -> None:
    assert NUMBERS.measure([Row({"text": "a", "value": 7})], answered(found))["r2"] == r2


@pytest.mark.parametrize(
    ("value", "number"),
    [("1.5", 1.5), (" -2e3 ", -2000.0), (0, 0.0), ("", None), ("inf", None), (10**400, None), (False, None)],
)
def test_what_is_a_number(value: Any, number: float | None) -> None:
    assert read_number(value) == number


@pytest.mark.parametrize("make", [make_roberta, make_gpt2, make_qwen], ids=["Roberta", "GPT2", "Qwen2"])
def test_a_head_that_was_moved_to_a_scale_and_back_says_the_same(make: Any, tmp_path: Path) -> None:
    """GPT-2 and Qwen have no offset in their last layer, so that it can't hold the mean."""
    start = make(tmp_path / "start", **({"head": False} if make is make_roberta else {}))
    if make is not make_roberta:
        config = json.loads((start / "config.json").read_text())
        (start / "config.json").write_text(json.dumps(config | {"id2label": {"0": "a"}, "label2id": {"a": 0}}))
        start = shrink_head(start)
    model = NUMBERS.load(start)
    NUMBERS.save(model, tmp_path / "one")
    before = [one.value for one in NUMBERS.predict(model, ROWS)]
    moved = NUMBERS.load(tmp_path / "one", ROWS)
    assert moved.scale.mean == pytest.approx(1000.0 if make is make_roberta else 0.0)
    assert [one.value for one in NUMBERS.predict(moved, ROWS)] == pytest.approx(before, rel=0.05, abs=0.5)
    NUMBERS.save(moved, tmp_path / "again")
    again = NUMBERS.load(tmp_path / "again")
    assert [one.value for one in NUMBERS.predict(again, ROWS)] == pytest.approx(before, rel=0.05, abs=0.01)


def shrink_head(folder: Path) -> Path:
    """Keep one of the head's two outputs."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {name: one[:1].clone() if name == "score.weight" else one for name, one in weights.items()}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def test_a_new_head_answers_on_the_scale_of_its_rows(tmp_path: Path) -> None:
    model = NUMBERS.load(make_roberta(tmp_path / "start", head=False), ROWS)
    assert model.scale == Scale(1000.0, pytest.approx((20_000 / 3) ** 0.5))
    assert all(800 < one.value < 1200 for one in NUMBERS.predict(model, ROWS))


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_bounds_of_an_error_are_in_its_own_unit(size: float) -> None:
    """What an input that isn't there might add is counted in the errors' unit: millionths and millions alike."""
    rows = [Row({"text": f"text {n}", "value": 0}) for n in range(400)]
    better, worse = answered(*(size * (n % 3) for n in range(400))), answered(*(size * (1 + n % 3) for n in range(400)))
    found = compare(Question(NUMBERS, "mae", 0.95), rows, (better, worse))
    assert found.value == pytest.approx(-size)
    assert found.low < -size < found.high < 0
    assert found.high == pytest.approx(-size * (1 - 3 * 1.6449**2 / 400), rel=1e-2)
    assert compare(Question(NUMBERS, "rmse", 0.95), rows, (better, worse)).high < 0


@pytest.mark.parametrize(
    ("task", "problem_type", "said"),
    [
        ("regression", "single_label_classification", "its head gives one of a few labels, not a number"),
        ("multi-label", "regression", "its head gives a number, not any number of labels to an input"),
        ("text-classification", "multi_label_classification", "gives any number of labels to an input, not one of a"),
        ("text-classification", "ordinal", "for one of a few labels it is 'single_label_classification' or none"),
    ],
)
def test_a_head_of_another_task_is_refused(task: str, problem_type: str, said: str, tmp_path: Path) -> None:
    config = {"architectures": ["BertForSequenceClassification"], "problem_type": problem_type}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(BadInput, match=said):
        find_task(task).known_labels(tmp_path)


def test_a_head_of_two_outputs_gives_no_number(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"the head has 2 outputs in config\.json, and a number is one"):
        NUMBERS.known_labels(make_classifier(tmp_path / "two", "Bert", {"pad_token": "<pad>"}))


def test_sets_of_labels_are_measured_as_wholes_and_by_label() -> None:
    """a: 1 found of 2; b: 1 of 1 and one made up. 2 right of 5 on either side: F1 is 4/6."""
    rows = [Row({"text": text, "labels": labels}) for text, labels in (("x", ["a", "b"]), ("y", ["a"]), ("z", []))]
    found = [Prediction(labels, 0.5) for labels in (["b", "a"], ["b"], [])]
    measured = SETS.measure(rows, found)
    assert measured == pytest.approx({"accuracy": 2 / 3, "micro_f1": 2 / 3, "macro_f1": 2 / 3})
    assert [SETS.tally(one.value, row.values["labels"]).errors for row, one in zip(rows, found, strict=True)] == [
        0,
        1,
        0,
    ]
    assert SETS.measure(rows[2:], found[2:]) == {"accuracy": 1, "micro_f1": 1, "macro_f1": 1}


def test_pictures_have_several_labels(tmp_path: Path) -> None:
    from refit_trainer.data.blob import Blob

    rows = [Row({"image": Blob(png(size)), "labels": labels}) for size, labels in ((10, ["dark"]), (20, []), (30, [3]))]
    model = PICTURES.load(make_tiny_resnet(tmp_path / "resnet"), rows)
    assert model.labels == ("3", "dark")
    batch = PICTURES.collator(model)(PICTURES.encode(model, rows))
    assert batch["labels"].tolist() == [[0, 1], [0, 0], [1, 0]]
    loss = model.network(**batch).loss
    assert loss.item() == pytest.approx(0.69, abs=0.3)  # a sure guess of nothing: ln 2
    PICTURES.save(model, tmp_path / "out")
    assert PICTURES.known_labels(tmp_path / "out") == ("3", "dark")
    assert PICTURES.predict(PICTURES.load(tmp_path / "out"), rows) == PICTURES.predict(model, rows)
