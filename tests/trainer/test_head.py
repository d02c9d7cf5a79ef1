"""The method `head`: the backbone's weights stay bit for bit, and the last layer learns as well as it can."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy

from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.config import Dataset
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.reader import read_rows as read
from refit_trainer.methods import head
from refit_trainer.methods.head import require_last_layer
from refit_trainer.tasks.components.batches import predict_in_batches
from refit_trainer.tasks.text_classification import TASK
from refit_trainer.training import compute
from tests.support.trainer.commands import judge_config, train_config
from tests.support.trainer.models import make_gpt2
from tests.support.trainer.pictures import make_tiny_resnet, write_digits

HEAD = {"method": "head"}
IMAGES = {"task": "image-classification"}


def run(start: Path, rows: Path, output: Path, **changes: Any) -> dict[str, Any]:
    return train(json.dumps(train_config(start, rows, output, **{"hyperparameters": HEAD, **changes})))


def accuracy(candidate: Path, rows: Path, **changes: Any) -> float:
    report = judge(json.dumps(judge_config(candidate, rows, **changes)))
    return float(report["candidate"]["metrics"]["accuracy"])


def changed_weights(before: Path, after: Path) -> set[str]:
    old, new = (load_file(folder / "model.safetensors") for folder in (before, after))
    assert set(old) == set(new)
    return {name for name in old if not old[name].equal(new[name])}


@pytest.fixture(params=[True, False], ids=["bf16", "fp32"])
def in_both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Predict in bf16 and in fp32, whatever the processor multiplies by itself."""
    monkeypatch.setattr(compute, "is_bf16_fast", lambda: request.param)


@pytest.mark.usefixtures("in_both")
def test_the_last_layer_alone_learns(published: Path, train_rows: Path, tmp_path: Path) -> None:
    before = accuracy(published, train_rows)
    report = run(published, train_rows, tmp_path / "out")
    assert changed_weights(published, tmp_path / "out") == {"classifier.weight", "classifier.bias"}
    after = accuracy(tmp_path / "out", train_rows)
    print(f"before {before:.3f}, after {after:.3f}")
    assert after > before + 0.1 and report["rows"] == 200


@pytest.mark.usefixtures("in_both")
@pytest.mark.parametrize("start", ["published", "tiny"])
def test_the_loss_is_that_of_the_published_model(
    start: str, train_rows: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Features and rows are matched up again after they were sorted by length.

    The features of an untrained backbone differ little beside their mean, so that the weights are large: multiplied in
    bf16 their products drown the differences.
    """
    report = run(request.getfixturevalue(start), train_rows, tmp_path / "out")
    rows = read(train_rows.as_uri(), Dataset(), TASK.roles, lambda row: None).rows
    model = TASK.load(tmp_path / "out")
    texts = [row.values["text"] for row in rows]
    logits = torch.stack(
        predict_in_batches(model.network, texts, len, TASK.batch, lambda some: list(TASK.logits(model, some)))
    )
    labels = torch.tensor([model.labels.index(row.values["label"]) for row in rows])
    assert report["metrics"]["loss"] == pytest.approx(float(cross_entropy(logits, labels)), abs=1e-3)
    right = float((logits.argmax(dim=1) == labels).float().mean())
    assert accuracy(tmp_path / "out", train_rows) == pytest.approx(right, abs=1e-6) and right > 0.55


def test_the_same_run_again_gives_the_same_weights(published: Path, train_rows: Path, tmp_path: Path) -> None:
    first, again = (run(published, train_rows, tmp_path / f"out{n}", uid=f"uid-{n}") for n in (1, 2))
    assert first["digest"] == again["digest"]


def test_images(tmp_path: Path) -> None:
    dataset = {"train": write_digits(tmp_path / "train", 0, 400).as_uri()}
    run(make_tiny_resnet(tmp_path / "resnet"), tmp_path / "train", tmp_path / "out", dataset=dataset, **IMAGES)
    holdout = {"holdout": write_digits(tmp_path / "holdout", 1000, 1200).as_uri()}
    assert accuracy(tmp_path / "out", tmp_path / "holdout", dataset=holdout, **IMAGES) > 0.5


def test_a_network_that_does_not_end_in_a_linear_layer(published: Path) -> None:
    """No classifier of the library does so at hand: the layer is put after the head by hand."""
    model = TASK.load(published)
    assert require_last_layer(model) is model.network.classifier
    model.network.after = torch.nn.Linear(3, 7)
    with pytest.raises(BadInput, match=r"hyperparameters.method='head': Bert\w+ doesn't end in a linear layer"):
        require_last_layer(model)


def test_a_layer_that_is_given_every_token_is_refused(train_rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"the last layer of GPT2\w+ isn't given one vector for an input"):
        run(make_gpt2(tmp_path / "gpt2"), train_rows, tmp_path / "out")


def test_features_that_are_no_numbers_are_refused(
    published: Path, train_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute_features = head.compute_features
    monkeypatch.setattr(head, "compute_features", lambda *given: compute_features(*given) * torch.nan)
    with pytest.raises(BadInput, match="the training's loss is nan: startFrom gives features that are no numbers"):
        run(published, train_rows, tmp_path / "out")


@pytest.mark.parametrize("name", ["learning_rate", "early_stopping"])
def test_what_it_does_not_understand_is_refused(published: Path, train_rows: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=rf"hyperparameters: {name}='1': Extra.*known: batch_size, epochs"):
        run(published, train_rows, tmp_path / "out", hyperparameters={**HEAD, name: "1"})


def test_what_is_no_classification_is_refused() -> None:
    from refit_trainer.tasks import find_task
    from refit_trainer.tasks.components.classification import require_classification

    with pytest.raises(BadInput, match="method='head': it is for classification alone, and task='recommendation'"):
        require_classification(find_task("recommendation"), "head")
