"""The method `semi-supervised` on scans of digits, most of them without a label."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.methods.semi_supervised import pseudo_label
from refit_trainer.tasks import Prediction
from tests.support.trainer.commands import judge_config, read_rows, train_config, write_rows
from tests.support.trainer.pictures import make_tiny_resnet, write_digits

SEMI = {"method": "semi-supervised", "learning_rate": "3e-3", "epochs": "4", "confidence": "0.5"}
FULL = {"method": "full", "learning_rate": "3e-3", "epochs": "4"}
IMAGES = {"task": "image-classification"}


def run(start: Path, rows: Path, output: Path, **changes: Any) -> dict[str, Any]:
    document = {"dataset": {"train": rows.as_uri()}, "hyperparameters": SEMI, **changes}
    return train(json.dumps(train_config(start, rows, output, **document)))


def accuracy(candidate: Path, rows: Path) -> float:
    config = judge_config(candidate, rows, dataset={"holdout": rows.as_uri()}, **IMAGES)
    return float(judge(json.dumps(config))["candidate"]["metrics"]["accuracy"])


def keep_labels(folder: Path, count: int) -> Path:
    """Take the labels off all rows but the first ones: null, or not there at all."""
    rows = read_rows(folder / "rows.jsonl")
    for number, row in enumerate(rows[count:]):
        row.pop("label") if number % 2 else row.update(label=None)
    write_rows(folder / "rows.jsonl", rows)
    return folder


def fade(folder: Path, first: int, contrasts: Sequence[float]) -> Path:
    """Dim the scans from a number on, by turns to these shares of their shades."""
    for file in (folder / "files").iterdir():
        if (number := int(file.stem)) >= first:
            share = contrasts[number % len(contrasts)]
            Image.open(file).point(lambda shade, share=share: round(shade * share)).save(file)
    return folder


def test_rows_without_a_label_help(tmp_path: Path) -> None:
    """400 of 1,200 digits have labels. The rest fades, some little, some much, and of faded ones it learns the most."""
    start = make_tiny_resnet(tmp_path / "resnet")
    held = fade(write_digits(tmp_path / "held", 1300, 1700), 0, [0.6])
    digits = write_digits(tmp_path / "rows", 0, 1200)
    rows = fade(keep_labels(digits, 400), 400, [0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    report = run(start, rows, tmp_path / "semi", **IMAGES)
    few = write_digits(tmp_path / "few", 0, 400)
    run(start, few, tmp_path / "full", hyperparameters=FULL, **IMAGES)
    without, with_them = accuracy(tmp_path / "full", held), accuracy(tmp_path / "semi", held)
    print(f"400 labels alone {without:.3f}, with 800 rows without one {with_them:.3f}: {report['metrics']}")
    assert with_them > without + 0.05 and report["rows"] == 1200
    assert 0.1 < report["metrics"]["pseudo_share"] < 1 and report["metrics"]["pseudo_agreement"] > 0.5


def test_where_all_rows_have_labels_it_is_full(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    settings = {"learning_rate": "5e-3", "epochs": "0.5"}
    semi = run(tiny, train_rows, tmp_path / "semi", hyperparameters={**settings, "method": "semi-supervised"})
    full = run(tiny, train_rows, tmp_path / "full", hyperparameters=settings, uid="uid-2")
    assert semi["digest"] == full["digest"] and semi["metrics"]["pseudo_share"] == 0


def test_without_any_label_there_is_no_teacher(published: Path, train_rows: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [{"text": row["text"]} for row in read_rows(train_rows)])
    with pytest.raises(BadInput, match="method='semi-supervised': none of the 200 rows has a label"):
        run(published, rows, tmp_path / "out")


def test_a_label_that_is_there_must_be_right(published: Path, train_rows: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [*read_rows(train_rows), {"text": "so so", "label": "neutral"}])
    with pytest.raises(BadInput, match=r"rows.jsonl:201: unknown label 'neutral'"):
        run(published, rows, tmp_path / "out")


def test_other_methods_need_every_label(published: Path, train_rows: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [*read_rows(train_rows), {"text": "so so"}])
    with pytest.raises(BadInput, match=r'rows.jsonl:201: column "label" \(label\) is missing'):
        run(published, rows, tmp_path / "out", hyperparameters={"method": "full"})


def test_what_is_unsure_gets_no_label() -> None:
    rows = [Row({"text": text, "label": None}) for text in "abc"]
    answers = [Prediction("yes", 0.9), Prediction("no", 0.89), Prediction("no", 1.0)]
    found = pseudo_label(rows, answers, 0.9)
    assert [(row.values["text"], row.values["label"]) for row in found] == [("a", "yes"), ("c", "no")]
    assert rows[0].values["label"] is None
