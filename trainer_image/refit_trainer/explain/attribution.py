"""The attribution of a prediction to the words of its text, by three methods of captum."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from captum._utils.models.linear_model import SkLearnRidge
from captum.attr import KernelShap, LayerIntegratedGradients, Lime

from refit_trainer.tasks import LoadedModel
from refit_trainer.training.compute import autocast

STEPS = 16  # of the integral
SAMPLES = 64  # texts with words left out
TOKENS = 96  # of a text, at most


@dataclass(frozen=True, slots=True)
class Word:
    """A word, and by method its contribution to the prediction's logit, scaled so that a text's largest is 1 or -1."""

    text: str
    weights: tuple[float, ...]


METHODS = ("integrated gradients", "LIME", "KernelSHAP")


def attribute(model: LoadedModel, text: str, answer: str) -> list[Word]:
    """Return the words of a text with each method's attribution for a label."""
    length = min(TOKENS, model.processor.model_max_length)
    encoded = model.processor(text, truncation=True, max_length=length, return_tensors="pt")
    inputs = {name: tensor.to(model.network.device) for name, tensor in encoded.items()}
    spans = _spans(encoded.word_ids(0), model.processor(text, return_offsets_mapping=True)["offset_mapping"])
    found = _attributions(model, inputs, encoded.word_ids(0), model.labels.index(answer))
    weights = [_by_word(values, encoded.word_ids(0), len(spans), n > 0) for n, values in enumerate(found)]
    return [Word(text[a:b], tuple(method[i] for method in weights)) for i, (a, b) in enumerate(spans)]


def _attributions(
    model: LoadedModel, inputs: dict[str, Any], word_ids: Sequence[int | None], target: int
) -> list[list[float]]:
    network, ids = model.network.eval(), inputs["input_ids"]
    rest = {name: tensor for name, tensor in inputs.items() if name != "input_ids"}

    def logit(ids: Any) -> Any:
        others = {name: tensor.expand(len(ids), -1) for name, tensor in rest.items()}
        return network(input_ids=ids, **others).logits[:, target]

    blank = model.processor.mask_token_id or model.processor.unk_token_id or model.processor.pad_token_id or 0
    special = torch.tensor([[word is None for word in word_ids]], device=ids.device)
    baseline = torch.where(special, ids, torch.full_like(ids, blank))
    features = _features(word_ids).to(ids.device)
    gradients = LayerIntegratedGradients(logit, network.get_input_embeddings())
    exact = gradients.attribute(ids, baselines=baseline, n_steps=STEPS, internal_batch_size=STEPS).sum(-1)
    torch.manual_seed(0)
    sampling = {"baselines": baseline, "feature_mask": features, "n_samples": SAMPLES, "perturbations_per_eval": 32}
    with torch.no_grad(), autocast():
        lime = Lime(logit, interpretable_model=SkLearnRidge(alpha=1))  # captum's own Lasso drops words
        sampled = [method.attribute(ids, **sampling) for method in (lime, KernelShap(logit))]
    return [found[0].float().tolist() for found in (exact, *sampled)]


def _features(word_ids: Sequence[int | None]) -> Any:
    """Number the words from 1; what belongs to no word is one feature that is never left out."""
    return torch.tensor([[0 if word is None else word + 1 for word in word_ids]])


def _spans(word_ids: Sequence[int | None], offsets: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    spans: dict[int, tuple[int, int]] = {}
    for word, (start, end) in zip(word_ids, offsets, strict=False):
        if word is not None:
            first, _ = spans.get(word, (start, end))
            spans[word] = (first, end)
    return [spans[word] for word in sorted(spans)]


def _by_word(values: Sequence[float], word_ids: Sequence[int | None], count: int, is_shared: bool) -> list[float]:
    """Return one number a word: the sum of its pieces, or their mean where each piece has the whole word's value."""
    pieces: list[list[float]] = [[] for _ in range(count)]
    for word, value in zip(word_ids, values, strict=True):
        if word is not None:
            pieces[word].append(value)
    totals = [sum(found) / (len(found) if is_shared else 1) for found in pieces]
    largest = max((abs(total) for total in totals), default=0.0) or 1.0
    return [total / largest for total in totals]
