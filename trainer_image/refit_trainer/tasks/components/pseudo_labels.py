"""Pseudo-labels: a model's answers to rows without a label, where it is sure of them and the classes stay in balance.

The probabilities are calibrated by a temperature first (Guo et al. 2017, "On Calibration of Modern Neural Networks").
Then each class has a threshold of its own, as in class-balanced self-training (Zou et al. 2018): a model prefers some
classes on rows that are new to it, and learning from its own answers would confirm it in that.
"""

import logging
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel
from refit_trainer.tasks.components.batches import predict_in_batches
from refit_trainer.tasks.components.classification import Classification
from refit_trainer.tasks.components.question_heads import UNANSWERED, encode_answers
from refit_trainer.tasks.components.questions import SEPARATOR, columns_by_question

IMBALANCE = 1.1
"""The most that a class's share among pseudo-labels may be, as a multiple of its share among the labelled rows."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The rows that labels are chosen by, and those that may get one."""

    held: Sequence[Row]
    """Labelled rows that the model hasn't learnt from."""
    labelled: Sequence[Row]
    unlabelled: Sequence[Row]


def pseudo_label(task: Classification, model: LoadedModel, rows: Evidence, confidence: float) -> list[Row]:
    """Return the unlabelled rows that get a label, with it; of several questions, those that get one answer or more."""
    columns = columns_by_question(model.labels) or {"": range(len(model.labels))}
    truths = _truths(rows.labelled, model.labels)
    known, asked = (_logits(task, model, some) for some in (rows.held, rows.unlabelled))
    answers: list[dict[str, str]] = [{} for _ in rows.unlabelled]
    for place, (question, own) in enumerate(columns.items()):
        mine = torch.tensor([truth[place] for truth in _truths(rows.held, model.labels)])
        temperature = fit_temperature(known[:, list(own)][mine != UNANSWERED], mine[mine != UNANSWERED])
        scores, best = (asked[:, list(own)] / temperature).softmax(dim=-1).max(dim=-1)
        balance = Counter(truth[place] for truth in truths if truth[place] != UNANSWERED)
        chosen = choose(best.tolist(), scores.tolist(), balance, confidence)
        log.info("semi_supervised.chosen question=%r temperature=%.2f rows=%d", question, temperature, len(chosen))
        for row in chosen:
            answers[row][question] = model.labels[own[int(best[row])]].removeprefix(f"{question}{SEPARATOR}")
    return [_label(row, given) for row, given in zip(rows.unlabelled, answers, strict=True) if given]


def fit_temperature(logits: Any, labels: Any) -> float:
    """Return what logits are divided by so that the labels' cross-entropy is least, from a tenth to ten.

    The labels are smoothed by one row, as Platt does, so that a few rows that are all right don't make it sure.
    """
    if not len(labels):
        return 1.0
    choices = torch.logspace(-1, 1, 81)
    smoothing = 1 / (len(labels) + 2)
    losses = [float(cross_entropy(logits / choice, labels, label_smoothing=smoothing)) for choice in choices]
    return float(choices[losses.index(min(losses))])


def choose(best: Sequence[int], scores: Sequence[float], balance: Mapping[int, int], confidence: float) -> list[int]:
    """Return the rows whose answers become labels: of each class the surest, as many as keep the labelled balance.

    `balance` counts the classes of the labelled rows. No score is under the confidence, so that a class's own
    threshold is that or higher.
    """
    sure: dict[int, list[int]] = {}
    for row in sorted(range(len(best)), key=lambda row: -scores[row]):
        if scores[row] >= confidence:
            sure.setdefault(best[row], []).append(row)
    kept = keep_balance({kind: len(rows) for kind, rows in sure.items()}, balance)
    return sorted(row for kind, rows in sure.items() for row in rows[: kept[kind]])


def keep_balance(counts: Mapping[int, int], balance: Mapping[int, int]) -> dict[int, int]:
    """Return the most of each class so that no class has over IMBALANCE times its share in `balance`."""
    kept, every = dict(counts), sum(balance.values())
    while True:
        total = sum(kept.values())
        limits = {kind: math.ceil(IMBALANCE * balance.get(kind, 0) / every * total) for kind in kept}
        if all(count <= limits[kind] for kind, count in kept.items()):
            return kept
        kept = {kind: min(count, limits[kind]) for kind, count in kept.items()}


def _logits(task: Classification, model: LoadedModel, rows: Sequence[Row]) -> Any:
    """Return the logits of rows, (rows, labels) in fp32 on the CPU."""
    values = [row.values[task.input] for row in rows]
    if not values:
        return torch.empty(0, len(model.labels))
    return torch.stack(
        predict_in_batches(
            model.network, values, task.size_of, task.batch, lambda some: list(task.logits(model, some).cpu())
        )
    )


def _truths(rows: Sequence[Row], labels: Sequence[str]) -> list[list[int]]:
    """Return the number of each row's answer to each question, among that question's labels."""
    columns = columns_by_question(labels)
    truths = [row.values["label"] for row in rows]
    return [encode_answers(t, labels, columns) if columns else [labels.index(str(t))] for t in truths]


def _label(row: Row, answers: Mapping[str, str]) -> Row:
    """Return the row with its answers; the question has no name where it is the only one."""
    return replace(row, values={**row.values, "label": answers[""] if "" in answers else dict(answers)})
