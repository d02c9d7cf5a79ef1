"""The method `semi-supervised` on scans of digits, most of them without a label."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.methods import full
from refit_trainer.tasks.components.pseudo_labels import choose, fit_temperature, keep_balance
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


@pytest.mark.parametrize("patience", ["1", "0"])
def test_what_is_held_back_has_labels_of_people(
    patience: str, published: Path, train_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Early stopping's slice is the same for teacher and student, and no answer of the teacher's is in it."""
    people = read_rows(train_rows)
    rows = write_rows(tmp_path / "r.jsonl", [row if n < 80 else {"text": row["text"]} for n, row in enumerate(people)])
    labels = {row["text"]: row["label"] for row in people[:80]}
    splits: list[full.Split] = []
    fit = full.fit

    def record(task: Any, model: Any, split: full.Split, *rest: Any) -> dict[str, float]:
        splits.append(split)
        return fit(task, model, split, *rest)

    monkeypatch.setattr(full, "fit", record)
    settings = {"method": "semi-supervised", "confidence": "0.01", "early_stopping": patience, "epochs": "2"}
    metrics = run(published, rows, tmp_path / "out", hyperparameters=settings)["metrics"]
    teacher, student = splits
    assert len(teacher.learnt) == 72 and metrics["pseudo_share"] > 0
    assert len(student.held) == len(teacher.held) == (8 if patience == "1" else 0)
    assert all(labels[row.values["text"]] == row.values["label"] for row in student.held)
    assert len(student.learnt) == 80 - len(student.held) + round(120 * metrics["pseudo_share"])


def test_a_model_that_is_too_sure_is_made_less_so() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4000, 3) * 2
    labels = torch.multinomial(logits.softmax(dim=1), 1)[:, 0]
    assert fit_temperature(logits, labels) == pytest.approx(1, rel=0.1)
    assert fit_temperature(logits * 5, labels) == pytest.approx(5, rel=0.1)
    assert fit_temperature(logits[:5], logits[:5].argmax(dim=1)) > 0.2, "five rows that are right make nothing certain"
    assert fit_temperature(logits[:0], labels[:0]) == 1


def test_the_classes_stay_in_balance() -> None:
    """97 % of the answers are of a class that 59 % of the labelled rows are of."""
    best = [0] * 970 + [1] * 30
    scores = [0.9 + n / 10_000 for n in range(970)] + [0.95] * 30
    chosen = choose(best, scores, {0: 59, 1: 41}, 0.9)
    share = sum(best[row] == 0 for row in chosen) / len(chosen)
    assert 0.59 <= share <= 0.66 and [row for row in chosen if best[row] == 1] == [*range(970, 1000)]
    assert min(row for row in chosen) > 900, "the surest of the class"


@pytest.mark.parametrize(
    ("counts", "balance", "kept"),
    [
        ({0: 50, 1: 50}, {0: 1, 1: 1}, {0: 50, 1: 50}),
        ({0: 60, 1: 60, 2: 59}, {0: 20, 1: 20, 2: 20}, {0: 60, 1: 60, 2: 59}),
        ({0: 500}, {0: 95, 1: 5}, {0: 500}),
        ({0: 500}, {0: 50, 1: 50}, {0: 2}),
        ({}, {0: 1, 1: 1}, {}),
    ],
    ids=["even", "about even", "a rare class is missing", "a class is missing", "none"],
)
def test_as_many_as_keep_the_balance(counts: dict[int, int], balance: dict[int, int], kept: dict[int, int]) -> None:
    assert keep_balance(counts, balance) == kept


def test_what_is_unsure_gets_no_label() -> None:
    assert choose([0, 1, 1, 0], [0.9, 0.89, 1.0, 0.95], {0: 50, 1: 50}, 0.9) == [0, 2, 3]
