"""Weights of rows and classes in the loss: the formula, what is refused, and what a training makes of them."""

import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn.functional import cross_entropy

from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.methods import head
from refit_trainer.tasks.components.weights import check_weight, normalize, weighted_loss
from tests.support.trainer.commands import COLUMNS, judge_config, read_rows, train_config, write_rows
from tests.support.trainer.new_labels import ONCE, accuracy

WEIGHTED = COLUMNS | {"weight": "importance"}
SETTINGS = {"learning_rate": "5e-3", "batch_size": "16", "epochs": "3"}


def config(start: Path, rows: Path, output: Path, **changes: Any) -> str:
    settings = changes.pop("hyperparameters", SETTINGS)
    dataset = {"train": rows.as_uri(), "columns": COLUMNS, **changes}
    return json.dumps(train_config(start, rows, output, dataset=dataset, hyperparameters=settings))


def test_the_formula() -> None:
    assert normalize([1, 1, 1, 1], ["a", "a", "a", "b"], balanced=True) == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    assert normalize([3, 1, 0, 0], ["a", "a", "a", "b"], balanced=False) == pytest.approx([3, 1, 0, 0])
    assert normalize([3, 1, 0, 4], ["a", "a", "a", "b"], balanced=True) == pytest.approx([1.5, 0.5, 0, 2])
    assert normalize([1, 2, 0], ["a", "b", "c"], balanced=True) == pytest.approx([1.5, 1.5, 0])


def test_balanced_is_what_scikit_learn_calls_so() -> None:
    classes = np.array(list("aaaaabbc"))
    wanted = dict(zip("abc", compute_class_weight("balanced", classes=np.array(list("abc")), y=classes), strict=True))
    assert normalize([1] * 8, classes.tolist(), balanced=True) == pytest.approx([wanted[name] for name in classes])


@pytest.mark.parametrize("value", [0, 0.0, 1, 2.5, "3", "0.25", None])
def test_a_weight(value: Any) -> None:
    assert check_weight(value) is None


@pytest.mark.parametrize(
    "value", [-1, float("nan"), float("inf"), "inf", "much", "", True, [], 10**400, b"1"], ids=repr
)
def test_what_is_no_weight(value: Any) -> None:
    assert check_weight(value) == f"weight is {value!r:.80}, not a finite number of 0 or more"


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1, -2], "rows.jsonl:2: weight is -2, not a finite number of 0 or more"),
        ([1, "much"], "rows.jsonl:2: weight is 'much', not a finite number"),
        ([0, 0.0], "dataset.columns.weight: the weights of all 2 rows are 0"),
        ([None, None], r'every row: column "importance" \(weight\) is missing'),
    ],
)
def test_wrong_weights_end_the_run(weights: list[Any], words: str, tiny: Path, tmp_path: Path) -> None:
    rows = [
        {"text": f"text {n}", "label": label, "importance": weight}
        for n, (label, weight) in enumerate(zip(("positive", "negative"), weights, strict=True))
    ]
    with pytest.raises(BadInput, match=words):
        train(config(tiny, write_rows(tmp_path / "rows.jsonl", rows), tmp_path / "out", columns=WEIGHTED))


@pytest.mark.parametrize("method", ["semi-supervised", "multi-task"])
def test_methods_without_one_class_a_row_refuse(method: str, tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=rf"classWeights=Balanced: hyperparameters.method='{method}' has no weights"):
        text = config(tiny, train_rows, tmp_path / "out", classWeights="Balanced", hyperparameters={"method": method})
        train(text)


def test_the_loss_of_batches_adds_up_to_the_weighted_mean() -> None:
    """Of torch's own weighted cross-entropy over all rows; and shares of a batch are the parts of the whole."""
    torch.manual_seed(0)
    logits, classes = torch.randn(12, 3), torch.tensor([0] * 7 + [1] * 4 + [2])
    names = [str(int(one)) for one in classes]
    counts = normalize([1.0] * 12, names, balanced=True)
    labels = torch.stack([classes.float(), torch.tensor(counts)], dim=1)
    own = torch.tensor([12 / (3 * 7), 12 / (3 * 4), 12 / (3 * 1)])
    wanted = float(cross_entropy(logits, classes, weight=own))
    assert float(weighted_loss(SimpleNamespace(logits=logits), labels)) == pytest.approx(wanted, abs=1e-6)
    parts = [
        float(weighted_loss(SimpleNamespace(logits=logits[at]), labels[at], torch.tensor(2 * 12)))
        for at in (slice(0, 6), slice(6, 12))
    ]
    assert sum(parts) == pytest.approx(wanted, abs=1e-6)


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    """In the method `head`, whose problem has one solution."""
    torch.manual_seed(0)
    features, labels = torch.randn(60, 5), torch.randint(0, 3, (60,))
    twice = torch.cat([features, features[:10]]), torch.cat([labels, labels[:10]])
    weights = torch.tensor([2.0] * 10 + [1.0] * 50) * 60 / 70
    layers = []
    for given, counts in (((features, labels), weights), (twice, None)):
        layer = torch.nn.Linear(5, 3)
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
        head.fit(layer, *given, head.Hyperparameters(weight_decay=0), counts)
        layers.append(layer)
    for name in ("weight", "bias"):
        one, other = (getattr(layer, name).detach() for layer in layers)
        assert torch.allclose(one - one.mean(dim=0), other - other.mean(dim=0), atol=2e-3)


METHODS: dict[str, dict[str, str]] = {
    "full": {"learning_rate": "5e-3", "batch_size": "16", "epochs": "4"},
    "head": {},
    "lora": {"learning_rate": "1e-2", "batch_size": "16", "epochs": "6"},
    "incremental": {"learning_rate": "5e-3", "batch_size": "4"},
}


@pytest.mark.parametrize("method", METHODS)
def test_rows_of_no_weight_teach_nothing(method: str, published: Path, tmp_path: Path) -> None:
    """Three of four rows have the wrong label: with a weight of 0 they teach nothing, else they are what is learnt."""
    labels = {"good": "positive", "dull": "negative"}
    other = {"good": "negative", "dull": "positive"}
    told = [("good", "dull")[n % 2] for n in range(200)]
    texts = [f"a {word} {word} film {n}" for n, word in enumerate(told)]
    truth = [{"text": text, "label": labels[word]} for text, word in zip(texts, told, strict=True)]
    rows = [
        row | {"importance": 1} if n % 8 < 2 else row | {"label": other[told[n]], "importance": 0}
        for n, row in enumerate(truth)
    ]
    path, found = write_rows(tmp_path / "rows.jsonl", rows), {}
    for name, columns in (("weighted", WEIGHTED), ("plain", COLUMNS)):
        settings = {"method": method, **METHODS[method]}
        train(config(published, path, tmp_path / name, columns=columns, hyperparameters=settings))
        found[name] = accuracy(tmp_path / name, truth)
    assert found["weighted"] > 0.9 and found["plain"] < 0.6, found


def test_a_rare_class_is_found_where_classes_are_balanced(tiny: Path, tmp_path: Path) -> None:
    """A text with two words of a rare class is one of it in a fifth of the cases: too seldom to be answered so."""
    numbers = random.Random(0).sample(range(100, 400), 300)  # they tell nothing
    rows = [
        {"text": f"{'odd' if n % 2 else 'good'} film {number}", "label": "rare" if n % 10 == 1 else "usual"}
        for n, number in enumerate(numbers)
    ]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    recall = {}
    for balance in ("None", "Balanced"):
        train(config(tiny, path, tmp_path / balance, classWeights=balance))
        report = judge(json.dumps(judge_config(tmp_path / balance, path)))
        recall[balance] = report["candidate"]["metrics"]["recall"]
    assert recall["None"] == pytest.approx(0.5, abs=0.02) and recall["Balanced"] > 0.7, recall


def test_weights_are_part_of_what_a_training_depends_on(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", [row | {"importance": 2} for row in read_rows(train_rows)])
    asked: dict[str, dict[str, Any]] = {
        "plain": {},
        "again": {},
        "balanced": {"classWeights": "Balanced"},
        "weighted": {"columns": WEIGHTED},
    }
    reports = {
        name: train(config(tiny, rows, tmp_path / name, hyperparameters=ONCE, **changes))
        for name, changes in asked.items()
    }
    fingerprints = [reports[name]["fingerprint"] for name in ("plain", "balanced", "weighted")]
    assert len({*fingerprints}) == 3 and reports["again"]["digest"] == reports["plain"]["digest"]


def test_a_row_may_lack_its_weight_and_the_judge_does_not_see_any(
    published: Path, train_rows: Path, tmp_path: Path
) -> None:
    """Rows of the model server have none: they count 1."""
    rows = read_rows(train_rows)
    rows[0]["importance"] = 5
    train(config(published, write_rows(tmp_path / "rows.jsonl", rows), tmp_path / "out", columns=WEIGHTED))
    digests = []
    for columns in (COLUMNS, WEIGHTED):
        dataset = {"holdout": train_rows.as_uri(), "columns": columns}
        digests.append(judge(json.dumps(judge_config(tmp_path / "out", train_rows, dataset=dataset)))["holdout"])
    assert digests[0] == digests[1]
