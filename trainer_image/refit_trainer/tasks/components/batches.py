"""Predictions in batches of inputs of similar size, so that little is padded."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

import torch

from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.training.compute import autocast

Result = TypeVar("Result")
COUNTED = 1000
"""Rows whose lengths are counted at once."""


def predict_in_batches(
    network: Any,
    values: Sequence[Any],
    size_of: Callable[[Any], float],
    batch: int,
    predict: Callable[[list[Any]], list[Result]],
) -> list[Result]:
    """Return the result for each value, in order; `predict` gets `batch` values at most, and runs without gradients."""
    sizes = [size_of(value) for value in values]
    order = sorted(range(len(values)), key=lambda i: sizes[i])
    results: dict[int, Result] = {}
    network.eval()
    with torch.inference_mode(), autocast():
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            results.update(zip(chosen, predict([values[i] for i in chosen]), strict=True))
    return [results[i] for i in range(len(values))]


def count_cut(task: Task, model: LoadedModel, rows: Iterable[Row]) -> int:
    """Return how many inputs are longer than what the model is given of them, a few at a time."""
    left = iter(rows)
    return sum(task.count_cut(model, chunk) for chunk in iter(lambda: list(islice(left, COUNTED)), []))
