"""Packed sequences: the same loss and the same gradients as for each by itself."""

from pathlib import Path
from typing import Any

import pytest
import torch

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel
from refit_trainer.tasks.components.packing import check_separate, collate_packs, join, pack
from refit_trainer.tasks.components.tokens import Example
from refit_trainer.tasks.text_generation import TextGeneration
from tests.support.trainer.decoders import make_decoder

PAIRS = [("How are you", " Fine, and you?"), ("One", " two three"), ("A longer question, is it", " yes"), ("x", "y")]
ROWS = [Row({"prompt": prompt, "completion": completion}) for prompt, completion in PAIRS]
PLAIN, PACKED = TextGeneration(), TextGeneration(packing=48)


def load(folder: Path, kind: str) -> LoadedModel:
    """Load an untrained decoder, its weights large enough for each token to depend on all before it."""
    model = PLAIN.load(make_decoder(folder / kind, kind))
    with torch.no_grad():
        for weight in model.network.parameters():
            if weight.dim() == 2:
                weight.mul_(5)
    model.network.eval()
    return model


def step(task: TextGeneration, model: LoadedModel, batches: list[list[dict[str, Any]]]) -> tuple[float, dict[str, Any]]:
    """Return the sum of the losses of all learnt tokens, and its gradients."""
    model.network.zero_grad()
    total = 0.0
    for rows in batches:
        batch = task.collator(model)(rows)
        loss = model.network(**batch).loss * int((batch["labels"][:, 1:] != -100).sum())
        loss.backward()
        total += float(loss)
    return total, {name: weight.grad.clone() for name, weight in model.network.named_parameters()}


@pytest.mark.parametrize("kind", ["Llama", "Qwen2", "GPT2"])
def test_loss_and_gradients_are_those_of_each_row_by_itself(kind: str, tmp_path: Path) -> None:
    model = load(tmp_path, kind)
    alone, wanted = step(PLAIN, model, [[row] for row in PLAIN.encode(model, ROWS)])
    packs = PACKED.encode(model, ROWS)
    together, found = step(PACKED, model, [packs])  # packs of two lengths: the shorter one is filled up
    assert 1 < len(packs) < len(ROWS) and len({len(one["input_ids"]) for one in packs}) > 1
    assert together == pytest.approx(alone, rel=1e-5)
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-4 * float(gradient.abs().max()))


@pytest.mark.parametrize("kind", ["Llama", "Qwen2", "GPT2"])
def test_rows_that_are_only_joined_see_each_other(kind: str, tmp_path: Path) -> None:
    """What the test above would find if packing were naive: that it can fail."""
    model = load(tmp_path, kind)
    _, wanted = step(PLAIN, model, [[row] for row in PLAIN.encode(model, ROWS)])
    packs = [{name: one[name] for name in ("input_ids", "labels")} for one in PACKED.encode(model, ROWS)]
    _, found = step(PLAIN, model, [packs])
    apart = [float((found[name] - wanted[name]).abs().max() / wanted[name].abs().max()) for name in wanted]
    assert max(apart) > 0.05


def test_a_network_without_positions_is_refused(tmp_path: Path) -> None:
    model = load(tmp_path, "Mamba")
    with pytest.raises(BadInput, match="packing: MambaForCausalLM computes something else for texts that are packed"):
        PACKED.encode(model, ROWS)


def test_no_token_predicts_the_next_rows_first_one(tmp_path: Path) -> None:
    model = load(tmp_path, "Llama")
    for one in PACKED.encode(model, ROWS):
        starts = [place for place, position in enumerate(one["position_ids"]) if position == 0]
        assert all(one["labels"][start] == -100 for start in starts)


def test_packs_hold_every_row_once_and_are_full() -> None:
    lengths = [7, 3, 12, 5, 5, 1, 30, 2]
    packs = pack(lengths, 12)
    assert sorted(place for one in packs for place in one) == list(range(len(lengths)))
    assert sorted(sum(lengths[place] for place in one) for one in packs) == [11, 12, 12, 30]


def test_what_fills_up_a_pack_is_learnt_by_nobody() -> None:
    one, other = Example((1, 2, 3), (-100, 2, 3)), Example((4, 5), (-100, 5))
    batch = collate_packs([join([one, other]), join([other])], padding=9)
    assert batch["input_ids"].tolist() == [[1, 2, 3, 4, 5], [4, 5, 9, 9, 9]]
    assert batch["labels"].tolist() == [[-100, 2, 3, -100, 5], [-100, 5, -100, -100, -100]]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 0, 1], [0, 1, 0, 1, 2]]


def test_one_row_needs_no_trial(tmp_path: Path) -> None:
    check_separate(load(tmp_path, "Mamba").network, [Example((1, 2), (-100, 2))])
