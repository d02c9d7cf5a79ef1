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
SAMPLES = {"LIME": 256, "KernelSHAP": 1024}  # texts with words left out, drawn by all seeds together
SEEDS = (0, 1)
TOKENS = 96  # of a text, at most


@dataclass(frozen=True, slots=True)
class Word:
    """A word, and by method its contribution to the prediction's logit, scaled so that a text's largest is 1 or -1."""

    text: str
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Attribution:
    """The words of a text, and how far the seeds of each method that samples agree on them."""

    words: Sequence[Word]
    agreement: tuple[float | None, ...]
    """The rank correlation of the words' weights between two seeds, by method; None where nothing is drawn."""


METHODS = ("integrated gradients", *SAMPLES)


def attribute(model: LoadedModel, text: str, answer: str) -> Attribution:
    """Return the words of a text with each method's attribution for a label."""
    length = min(TOKENS, model.processor.model_max_length)
    encoded = model.processor(text, truncation=True, max_length=length, return_tensors="pt")
    inputs = {name: tensor.to(model.network.device) for name, tensor in encoded.items()}
    spans = _spans(encoded.word_ids(0), model.processor(text, return_offsets_mapping=True)["offset_mapping"])
    ids, target = encoded.word_ids(0), model.labels.index(answer)
    exact, *sampled = _attributions(model, inputs, ids, target)
    drawn = [[_by_word(values, ids, len(spans), True) for values in seeds] for seeds in sampled]
    weights = [_by_word(exact[0], ids, len(spans), False), *(_mean(seeds) for seeds in drawn)]
    words = [Word(text[a:b], tuple(method[i] for method in weights)) for i, (a, b) in enumerate(spans)]
    return Attribution(words, (None, *(rank_correlation(*seeds) for seeds in drawn)))


def _attributions(
    model: LoadedModel, inputs: dict[str, Any], word_ids: Sequence[int | None], target: int
) -> list[list[list[float]]]:
    """Return each method's values by token, of every seed."""
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
    sampling = {"baselines": baseline, "feature_mask": features, "perturbations_per_eval": 32}
    with torch.no_grad(), autocast():
        lime = Lime(logit, interpretable_model=SkLearnRidge(alpha=1))  # captum's own Lasso drops words
        methods = {"LIME": lime, "KernelSHAP": KernelShap(logit)}
        sampled = [_draw(method, ids, SAMPLES[name] // len(SEEDS), sampling) for name, method in methods.items()]
    return [[exact[0].float().tolist()], *sampled]


def _draw(method: Any, ids: Any, samples: int, sampling: dict[str, Any]) -> list[list[float]]:
    """Return what a method finds with each seed."""
    found = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        found.append(method.attribute(ids, n_samples=samples, **sampling)[0].float().tolist())
    return found


def _mean(seeds: Sequence[Sequence[float]]) -> list[float]:
    return [sum(values) / len(values) for values in zip(*seeds, strict=True)]


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation; None for fewer than three values."""
    if len(one) < 3:
        return None
    ranks = torch.tensor([one, other]).argsort(dim=1).argsort(dim=1).double()
    return float(torch.corrcoef(ranks)[0, 1])


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
