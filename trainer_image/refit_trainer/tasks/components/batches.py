"""Predictions in batches of inputs of similar size, so that little is padded."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import torch

from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.training.compute import autocast, pick_device

Result = TypeVar("Result")
COUNTED = 1000
"""Rows whose lengths are counted at once."""
MOST_PADDING = 0.25
"""Of a batch on a CPU, by the sizes of its inputs: an input that would make it more begins the next batch."""


def predict_in_batches(
    network: Any,
    values: Sequence[Any],
    size_of: Callable[[Any], float],
    batch: int,
    predict: Callable[[list[Any]], list[Result]],
    most_padding: float = MOST_PADDING,
) -> list[Result]:
    """Return the result for each value, in order; `predict` gets `batch` values at most, and runs without gradients.

    A GPU computes the padding of a batch in less time than it takes to start another one: there nothing is cut for it.
    """
    sizes = [size_of(value) for value in values]
    results: dict[int, Result] = {}
    network.eval()
    with torch.inference_mode(), autocast():
        for chosen in cut_batches(sizes, batch, most_padding if pick_device().type == "cpu" else 1):
            results.update(zip(chosen, predict([values[i] for i in chosen]), strict=True))
    return [results[i] for i in range(len(values))]


def cut_batches(sizes: Sequence[float], batch: int, most_padding: float) -> Iterator[list[int]]:
    """Yield the places of inputs, the smallest first: `batch` of them at most, and of padding no more than a share."""
    chosen: list[int] = []
    used = 0.0
    for place in sorted(range(len(sizes)), key=lambda i: sizes[i]):
        padded = (len(chosen) + 1) * sizes[place]
        if chosen and (len(chosen) == batch or used + sizes[place] < (1 - most_padding) * padded):
            yield chosen
            chosen, used = [], 0.0
        chosen.append(place)
        used += sizes[place]
    if chosen:
        yield chosen


def by_row(encoded: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return a tokenizer's columns as rows, each looked up once."""
    columns = {name: encoded[name] for name in encoded}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def count_cut(task: Task, model: LoadedModel, rows: Iterable[Row]) -> int:
    """Return how many inputs are longer than what the model is given of them, a few at a time."""
    left = iter(rows)
    return sum(task.count_cut(model, chunk) for chunk in iter(lambda: list(islice(left, COUNTED)), []))
