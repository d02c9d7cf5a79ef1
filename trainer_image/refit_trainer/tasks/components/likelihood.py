"""How likely a model finds answers that are given: the negative log-likelihood of their tokens, in nats."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from refit_trainer.tasks.components.tokens import IGNORED_LABEL, Example
from refit_trainer.training.compute import autocast

TOKENS = 4096
"""Of a batch, padded: each has a logit for every entry of the vocabulary."""
Batch = dict[str, Any]


def collate(examples: Sequence[Example], padding: int) -> Batch:
    """Return sequences as a batch, filled up on the right."""
    longest = max(map(len, examples))
    return {
        "input_ids": torch.tensor([[*one.ids, *[padding] * (longest - len(one))] for one in examples]),
        "attention_mask": torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in examples]),
        "labels": torch.tensor([[*one.labels, *[IGNORED_LABEL] * (longest - len(one))] for one in examples]),
    }


def negative_log_likelihoods(network: Any, examples: Sequence[Example], padding: int) -> list[float]:
    """Return the sum over each sequence's learnt tokens, in nats."""
    found: dict[int, float] = {}
    network.eval()
    with torch.inference_mode(), autocast():
        for places in group_by_tokens([len(one) for one in examples], TOKENS):
            sums = _sum_losses(network, collate([examples[i] for i in places], padding))
            found.update(zip(places, sums, strict=True))
    return [found[place] for place in range(len(examples))]


def count_learnt(example: Example) -> int:
    """Return how many tokens the loss is on."""
    return sum(label != IGNORED_LABEL for label in example.labels)


def group_by_tokens(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Yield places of sequences of like length, the shortest first, that have so many tokens at most when padded."""
    group: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if group and (len(group) + 1) * lengths[place] > most:
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _sum_losses(network: Any, batch: Batch) -> list[float]:
    labels = batch.pop("labels")[:, 1:].to(network.device)
    first = int((labels != IGNORED_LABEL).any(dim=0).int().argmax())  # logits before it are of no use
    inputs = {name: tensor.to(network.device) for name, tensor in batch.items()}
    if "logits_to_keep" in inspect.signature(network.forward).parameters:
        inputs["logits_to_keep"] = labels.shape[1] + 1 - first
    logits = network(**inputs, use_cache=False).logits
    losses = [
        cross_entropy(one.float(), own, ignore_index=IGNORED_LABEL, reduction="sum")
        for one, own in zip(logits[:, -1 - labels.shape[1] + first : -1], labels[:, first:], strict=True)
    ]
    return [float(loss) for loss in losses]
