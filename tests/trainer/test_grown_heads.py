"""A head with more classes than it came with: what it keeps, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.tasks.audio_classification import make_ast
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import find_task
from refit_trainer.tasks.components.grown_heads import grow_head, renew_head
from refit_trainer.tasks.text_classification import TASK
from tests.support.trainer.commands import (
    make_tiny_bert,
)
from tests.support.trainer.models import make_gpt2, make_qwen, make_roberta
from tests.support.trainer.new_labels import (
    OLD,
)
from tests.support.trainer.pictures import make_tiny_resnet

HEADS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "classifier of BERT": ("text", lambda folder: make_tiny_bert(folder, ["a good film", "a bad film"])),
    "classifier.out_proj of RoBERTa": ("text", make_roberta),
    "score of GPT-2": ("text", make_gpt2),
    "score of Qwen": ("text", make_qwen),
    "classifier.1 of ResNet": ("image", make_tiny_resnet),
    "classifier.dense of AST": ("audio", lambda folder: make_ast(folder, 1.0, width=64, layers=1)),
}


@pytest.mark.parametrize("name", HEADS)
def test_what_the_head_has_stays_bit_for_bit(name: str, tmp_path: Path) -> None:
    kind, make = HEADS[name]
    task: Any = find_task(f"{kind}-classification")
    model = task.load(make(tmp_path / "start"), [Row({"label": label}) for label in OLD])
    model.network.eval()
    before = {key: weight.clone() for key, weight in model.network.state_dict().items()}
    with torch.no_grad():
        logits = task.logits(model, [task.example()])
    grow_head(task, model, ("mixed", "weather"))
    after = model.network.state_dict()
    assert set(after) == set(before)
    grown = {key for key in before if after[key].shape != before[key].shape}
    assert grown and all("classifier" in key or "score" in key for key in grown)
    assert all(after[key].equal(before[key]) for key in set(before) - grown)
    assert all(after[key][:2].equal(before[key]) and len(after[key]) == 4 for key in grown)
    assert all(weight.requires_grad for weight in model.network.parameters())
    with torch.no_grad():
        now = task.logits(model, [task.example()])
    assert torch.allclose(now[:, :2], logits, atol=1e-5)
    [matrix] = [key for key in grown if after[key].dim() == 2]
    apart = after[matrix][2:] - before[matrix].mean(dim=0)
    assert 0.01 < float(apart.std()) < 0.03 and not torch.equal(*apart)
    task.save(model, tmp_path / "saved")
    read = json.loads((tmp_path / "saved" / "config.json").read_text())
    assert read["id2label"] == {"0": "negative", "1": "positive", "2": "mixed", "3": "weather"}
    assert read["label2id"] == {"negative": 0, "positive": 1, "mixed": 2, "weather": 3}
    again = task.load(tmp_path / "saved")
    assert again.labels == (*OLD, "mixed", "weather")
    assert all(weight.equal(after[key]) for key, weight in again.network.state_dict().items())


def test_a_network_of_two_heads_is_refused(published: Path) -> None:
    model = TASK.load(published)
    model.network.after = torch.nn.Linear(3, 2)  # of the right width, and not what gives the logits
    with pytest.raises(BadInput, match=r"dataset.newLabels=Extend: Bert\w+ doesn't end in one linear layer"):
        grow_head(TASK, model, ("weather",))


def test_a_question_grows_by_its_own_answers(tmp_path: Path) -> None:
    labels = ["mood=bad", "mood=good", "topic=film"]
    model = TASK.load(make_roberta(tmp_path / "start", id2label=dict(enumerate(labels))))
    weight = model.network.classifier.out_proj.weight.detach().clone()
    grow_head(TASK, model, ("mood=so so", "place=town"))
    grown = model.network.classifier.out_proj.weight
    apart = torch.stack([grown[3] - weight[:2].mean(dim=0), grown[4]])
    assert torch.equal(grown[:3], weight) and 0.01 < float(apart.std()) < 0.03 and model.loss is not None


def test_a_head_starts_from_scratch_by_the_seed(published: Path) -> None:
    weights = []
    for _ in range(2):
        torch.manual_seed(7)
        model = TASK.load(published)
        renew_head(TASK, model, ("a", "b", "c"))
        weights.append(model.network.classifier.weight.detach().clone())
        assert model.labels == ("a", "b", "c") and model.network.config.label2id == {"a": 0, "b": 1, "c": 2}
    assert torch.equal(*weights) and weights[0].shape[0] == 3
