"""Weights in bf16 in service: the same answers bit for bit, less memory, and never a model that isn't served for it."""

import gc
import json
import logging
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from refit_serving.room import growth
from refit_serving.weights import load_narrow, narrow_weights
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Task, find_task
from refit_trainer.tasks.text_classification import TextClassification
from refit_trainer.training import compute
from tests.support.trainer.decoders import make_decoder
from tests.support.trainer.models import ROBERTA, make_classifier, make_gpt2, make_qwen, make_roberta
from tests.support.trainer.pictures import make_tiny_resnet, write_digits

END = {"eos_token": "</s>"}
KINDS: dict[str, Callable[[Path], Path]] = {
    "Roberta": make_roberta,
    "MPNet": lambda folder: make_classifier(folder, "MPNet", ROBERTA, max_position_embeddings=34),
    "GPT2": make_gpt2,
    "Llama": lambda folder: make_classifier(folder, "Llama", END, max_position_embeddings=32, eos_token_id=0),
    "Qwen2": make_qwen,
}


@pytest.fixture(autouse=True)
def with_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have bf16 used whatever this processor does by itself: it computes the same, more slowly."""
    for module in ("batches", "generation"):
        name = f"refit_trainer.tasks.components.{module}.autocast"
        monkeypatch.setattr(name, lambda: torch.autocast("cpu", dtype=torch.bfloat16))
    monkeypatch.setattr(compute, "is_bf16_fast", lambda: True)


def formats(model: LoadedModel) -> set[Any]:
    return {weight.dtype for weight in model.network.parameters()}


def answers(task: Task, folder: Path, values: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return what a model answers with weights as they are, and in bf16."""
    rows = [Row({task.input: value}) for value in values]
    wide, narrow = task.load(folder), load_narrow(task, folder)
    assert formats(wide) == {torch.float32} and torch.bfloat16 in formats(narrow)
    return task.predict(wide, rows), task.predict(narrow, rows)


@pytest.mark.parametrize("kind", KINDS)
def test_classifiers_of_texts_answer_the_same(kind: str, tmp_path: Path) -> None:
    wide, narrow = answers(find_task("text-classification"), KINDS[kind](tmp_path / kind), ["good", "bad . " * 9])
    assert wide == narrow


def test_a_classifier_of_images_answers_the_same(tmp_path: Path) -> None:
    from refit_trainer.commands.train import train
    from refit_trainer.data.blob import Blob
    from tests.support.trainer.commands import train_config

    rows = write_digits(tmp_path / "rows", 0, 40)
    config = train_config(make_tiny_resnet(tmp_path / "start"), rows, tmp_path / "out")
    dataset = {"train": rows.as_uri(), "format": "jsonl"}
    train(json.dumps(config | {"task": "image-classification", "dataset": dataset, "hyperparameters": {"epochs": "1"}}))
    pictures = [Blob(path) for path in sorted(rows.glob("**/*.png"))[:8]]
    assert pictures
    wide, narrow = answers(find_task("image-classification"), tmp_path / "out", pictures)
    assert wide == narrow


def test_a_model_that_writes_texts_writes_the_same(tmp_path: Path) -> None:
    folder = make_decoder(tmp_path / "decoder")
    task = find_task("text-generation").as_served(8)
    wide, narrow = answers(task, folder, ["a b", "good film"])
    assert wide == narrow


def test_the_head_and_what_shares_a_weight_stay_as_they_are(tmp_path: Path) -> None:
    model = find_task("text-classification").load(make_roberta(tmp_path / "roberta"))
    network = model.network
    network.again = torch.nn.Linear(16, len(model.processor), bias=False)
    network.again.weight = network.roberta.embeddings.word_embeddings.weight
    last = network.classifier.out_proj
    assert narrow_weights(network)
    assert {last.weight.dtype, network.again.weight.dtype, network.roberta.embeddings.LayerNorm.weight.dtype} == {
        torch.float32
    }
    assert network.classifier.dense.weight.dtype == torch.bfloat16


def test_without_fast_bf16_and_without_layers_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not narrow_weights(object()) and not narrow_weights(torch.nn.LayerNorm(4))
    monkeypatch.setattr(compute, "is_bf16_fast", lambda: False)
    assert formats(load_narrow(find_task("text-classification"), make_roberta(tmp_path / "a"))) == {torch.float32}


def test_a_second_model_is_reckoned_with_as_it_is_loaded(tmp_path: Path) -> None:
    folder = make_roberta(tmp_path / "roberta")
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    task = find_task("text-classification")
    wide, narrow = growth(task.load(folder), size // 2), growth(load_narrow(task, folder), size // 2)
    assert narrow == wide > 1.5


class Stubborn(TextClassification):
    """A network that computes with a layer's weight by an operation that takes no two formats; no architecture that
    tests make does so.
    """

    def load(self, folder: Path, rows: Any = ()) -> LoadedModel:
        model = super().load(folder, rows)
        layer = model.network.classifier.dense
        layer.forward = lambda features: torch.zeros(len(features), 16).index_add(
            0, torch.zeros(16, dtype=torch.int64), layer.weight
        )
        return model


def test_a_network_that_cannot_compute_so_is_served_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "refit_serving"):
        model = load_narrow(Stubborn(), make_roberta(tmp_path / "roberta"))
    assert formats(model) == {torch.float32} and "model.weights_stay_float32" in caplog.text
    assert len(Stubborn().predict(model, [Row({"text": "good"})])) == 1


class Watched(Stubborn):
    """Tells of each load whether a network that was loaded before is still in memory."""

    def __init__(self) -> None:
        self.networks: list[weakref.ref[Any]] = []
        self.still_there: list[bool] = []

    def load(self, folder: Path, rows: Any = ()) -> LoadedModel:
        gc.collect()
        self.still_there.append(any(network() is not None for network in self.networks))
        model = super().load(folder, rows)
        self.networks.append(weakref.ref(model.network))
        return model


def test_two_models_are_never_in_memory(tmp_path: Path) -> None:
    task = Watched()
    assert formats(load_narrow(task, make_roberta(tmp_path / "roberta"))) == {torch.float32}
    assert task.still_there == [False, False]
