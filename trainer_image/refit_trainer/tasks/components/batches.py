"""Predictions in batches of inputs of similar size, so that little is padded."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch

from refit_trainer.training.compute import autocast

Answer = TypeVar("Answer")


def predict_in_batches(
    network: Any,
    values: Sequence[Any],
    size_of: Callable[[Any], float],
    batch: int,
    answer: Callable[[list[Any]], list[Answer]],
) -> list[Answer]:
    """Return the answer to each value, in order; `answer` gets `batch` values at most, and runs without gradients."""
    sizes = [size_of(value) for value in values]
    order = sorted(range(len(values)), key=lambda i: sizes[i])
    answers: dict[int, Answer] = {}
    network.eval()
    with torch.inference_mode(), autocast():
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            answers.update(zip(chosen, answer([values[i] for i in chosen]), strict=True))
    return [answers[i] for i in range(len(values))]
