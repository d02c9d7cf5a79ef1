"""Measures of two models on the same rows: by slice, the confusion matrix, the calibration."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sklearn.metrics import confusion_matrix

from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction, Task

BINS = 10
MOST_CLASSES = 12  # more don't fit a screen as a matrix


@dataclass(frozen=True, slots=True)
class Judged:
    """One model's predictions on the rows, with its metrics."""

    name: str
    predictions: Sequence[Prediction]
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Part:
    """The metric on some of the rows, by model; `served` is None where there is no served model."""

    name: str
    rows: int
    candidate: float
    served: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of about the same score: their mean score, and the share that was right."""

    score: float
    right: float
    rows: int


def by_slice(task: Task, metric: str, rows: Sequence[Row], models: Sequence[Judged]) -> list[Part]:
    """Return each slice's metric, the largest slice first, after that of all rows."""
    members: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if row.values.get("slice") is not None:
            members[str(row.values["slice"])].append(index)
    largest = sorted(members.items(), key=lambda item: -len(item[1]))
    return [_part(task, metric, rows, models, name, kept) for name, kept in [("all", [*range(len(rows))]), *largest]]


def _part(
    task: Task, metric: str, rows: Sequence[Row], models: Sequence[Judged], name: str, indices: Sequence[int]
) -> Part:
    chosen = [rows[i] for i in indices]
    values = [task.measure(chosen, [model.predictions[i] for i in indices])[metric] for model in models]
    return Part(name, len(chosen), values[0], values[1] if len(values) > 1 else None)


def confusion(truth: Sequence[str], predictions: Sequence[str]) -> tuple[list[str], list[list[int]]]:
    """Return the classes and how often each (row) was predicted as each (column); nothing for too many classes."""
    classes = sorted({*truth, *predictions})
    if len(classes) > MOST_CLASSES:
        return [], []
    return classes, confusion_matrix(truth, predictions, labels=classes).tolist()


def calibration(right: Sequence[bool], scores: Sequence[float]) -> list[Bin]:
    """Return the predictions in bins of equal width by score, empty ones left out."""
    members: dict[int, list[int]] = defaultdict(list)
    for index, score in enumerate(scores):
        members[min(BINS - 1, int(score * BINS))].append(index)
    return [
        Bin(sum(scores[i] for i in kept) / len(kept), sum(right[i] for i in kept) / len(kept), len(kept))
        for _, kept in sorted(members.items())
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error: the mean gap of score and share that was right, by rows.

    Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.
    """
    total = sum(found.rows for found in bins)
    return sum(found.rows * abs(found.score - found.right) for found in bins) / max(1, total)
