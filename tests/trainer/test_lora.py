"""The method `lora`: what is published is an ordinary model, with what the adapters learnt merged in."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from tests.support.trainer.commands import judge_config, train_config
from tests.support.trainer.pictures import make_tiny_resnet, write_digits

LORA = {"method": "lora", "learning_rate": "2e-2", "batch_size": "16", "epochs": "6"}
IMAGES = {"task": "image-classification"}


def run(start: Path, rows: Path, output: Path, **changes: Any) -> dict[str, Any]:
    return train(json.dumps(train_config(start, rows, output, **{"hyperparameters": LORA, **changes})))


def accuracy(candidate: Path, rows: Path, **changes: Any) -> float:
    report = judge(json.dumps(judge_config(candidate, rows, **changes)))
    return float(report["candidate"]["metrics"]["accuracy"])


def weights(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = load_file(folder / "model.safetensors")
    return found


def test_the_checkpoint_is_an_ordinary_one(published: Path, train_rows: Path, tmp_path: Path) -> None:
    report = run(published, train_rows, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in published.iterdir()}
    assert (tmp_path / "out" / "config.json").read_text() == (published / "config.json").read_text()
    before, after = weights(published), weights(tmp_path / "out")
    assert {name: value.shape for name, value in before.items()} == {name: v.shape for name, v in after.items()}
    changed = {name for name in before if not before[name].equal(after[name])}
    assert "classifier.weight" in changed and "bert.encoder.layer.0.attention.self.query.weight" in changed
    assert not any("embeddings" in name or "LayerNorm" in name or name.endswith("query.bias") for name in changed)
    assert 0 < report["metrics"]["trained_share"] < 0.5


def test_what_is_merged_is_of_the_rank(published: Path, train_rows: Path, tmp_path: Path) -> None:
    run(published, train_rows, tmp_path / "out", hyperparameters={**LORA, "rank": "2"})
    name = "bert.encoder.layer.1.intermediate.dense.weight"
    moved = weights(tmp_path / "out")[name] - weights(published)[name]
    assert int(torch.linalg.matrix_rank(moved, rtol=1e-3)) == 2


def test_the_same_run_again_gives_the_same_weights(tiny: Path, train_rows: Path, tmp_path: Path) -> None:
    short = {**LORA, "epochs": "0.5"}
    first, again = (
        run(tiny, train_rows, tmp_path / f"out{n}", uid=f"uid-{n}", hyperparameters=short)["digest"] for n in (1, 2)
    )
    assert first == again


def test_convolutions_are_adapted(tmp_path: Path) -> None:
    dataset = {"train": write_digits(tmp_path / "train", 0, 400).as_uri()}
    start = make_tiny_resnet(tmp_path / "resnet")
    run(start, tmp_path / "train", tmp_path / "out", dataset=dataset, **IMAGES)
    holdout = {"holdout": write_digits(tmp_path / "holdout", 1000, 1200).as_uri()}
    assert accuracy(tmp_path / "out", tmp_path / "holdout", dataset=holdout, **IMAGES) > 0.6
    name = "resnet.encoder.stages.0.layers.0.layer.0.convolution.weight"
    assert not weights(tmp_path / "out")[name].equal(weights(start)[name.removeprefix("resnet.")])


def test_a_network_without_anything_to_adapt() -> None:
    """No task has such a model: a backbone of an embedding alone stands for it."""
    from transformers import PretrainedConfig, PreTrainedModel

    from refit_trainer.methods.lora import METHOD, build_config

    class Network(PreTrainedModel):
        base_model_prefix = "backbone"

        def __init__(self) -> None:
            super().__init__(PretrainedConfig())
            self.backbone, self.classifier = torch.nn.Embedding(9, 3), torch.nn.Linear(3, 2)

    with pytest.raises(BadInput, match="method='lora': Network has no linear layer or convolution to adapt"):
        build_config(Network(), METHOD.hyperparameters())


def test_a_head_that_is_the_embeddings() -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    from refit_trainer.methods.lora import METHOD, build_config

    network = GPT2LMHeadModel(GPT2Config(n_embd=8, n_layer=1, n_head=1, n_positions=8, vocab_size=9))
    with pytest.raises(BadInput, match="method='lora': GPT2LMHeadModel answers by its embeddings"):
        build_config(network, METHOD.hyperparameters())
