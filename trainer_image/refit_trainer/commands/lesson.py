"""What a training learns: its distinct rows, the labels that are new to the model, and how much each row counts."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from refit_trainer.contract.config import Dataset, TrainDataset
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.distinct import DistinctRows
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.tasks.components.evidence import select_distinct
from refit_trainer.tasks.components.kinds import is_classification
from refit_trainer.tasks.components.new_labels import (
    NewLabels,
    choose_new_labels,
    leave_out,
    names_in,
    read_unnamed,
)
from refit_trainer.tasks.components.weights import WEIGHT, weigh_rows, weighted_loss

UNWEIGHTED = ("multi-task", "semi-supervised")
"""Methods whose rows have no one class, or none yet."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learnt, and by which names the model's own labels go in the rows."""

    distinct: DistinctRows
    told: tuple[str, ...] | None = None
    """The labels of the head that the model has, as the rows call them; empty: they say nothing about it. None: the
    model has no head, or its labels stay as they are.
    """
    new: NewLabels = field(default_factory=NewLabels)
    is_weighted: bool = False

    def name_head(self, task: Task, model: LoadedModel) -> None:
        """Name, grow or renew the head of a model, and weight its loss."""
        if self.told is not None:
            _name_head(task, model, self.told, tuple(self.new.learnt))
        if self.is_weighted:
            model.loss, model.is_weighted = weighted_loss, True


def _name_head(task: Any, model: LoadedModel, told: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Name a head as the rows do, and add what is new; where the rows say nothing about it, start from scratch."""
    from refit_trainer.tasks.components.grown_heads import grow_head, name_labels, renew_head

    if not told:
        renew_head(task, model, new)
        return
    if told != model.labels:
        name_labels(model, told)
    if new:
        grow_head(task, model, new)


def check_asked(task: Task, dataset: Dataset, method: str = "") -> None:
    """Raise BadInput where a task or a method can't do what is asked of the labels and weights."""
    asks = {"dataset.newLabels=Extend": dataset.extends, **_asked_weights(dataset)}
    for what in (name for name, is_asked in asks.items() if is_asked):
        if not is_classification(task):
            raise BadInput(f"{what}: it is for classification alone")
        if method in UNWEIGHTED and what != "dataset.newLabels=Extend":
            raise BadInput(f"{what}: hyperparameters.method={method!r} has no weights of rows")


def _asked_weights(dataset: Dataset) -> dict[str, bool]:
    balanced = isinstance(dataset, TrainDataset) and dataset.class_weights == "Balanced"
    return {"dataset.classWeights=Balanced": balanced, "dataset.columns.weight": WEIGHT in dataset.columns}


def prepare(task: Task, dataset: TrainDataset, known: tuple[str, ...] | None, rows: Sequence[Row]) -> Lesson:
    """Return what is learnt of some rows by a model that knows some labels; None: it has no head."""
    distinct = select_distinct(task, rows)
    told, new = known, NewLabels()
    if dataset.extends:
        told = None if known is None else read_unnamed(known, _names_in(task, distinct.rows))
        truths = (row.values[task.truth] for row in distinct.rows)
        new = choose_new_labels(truths, told or (), dataset.min_rows_per_new_label)
        distinct = _leave_out(distinct, new, dataset)
    is_weighted = any(_asked_weights(dataset).values())
    if is_weighted:
        distinct = weigh_rows(distinct, dataset.class_weights == "Balanced", dataset.columns)
    return Lesson(distinct, told if dataset.extends else None, new, is_weighted)


def _names_in(task: Task, rows: Sequence[Row]) -> set[str]:
    return {name for row in rows for name in names_in(row.values[task.truth])}


def _leave_out(distinct: DistinctRows, new: NewLabels, dataset: TrainDataset) -> DistinctRows:
    if not new.left_out:
        return distinct
    least = f"fewer than {dataset.min_rows_per_new_label} inputs (dataset.minRowsPerNewLabel), or spelt as another"
    log.warning("data.labels_left_out %s: %s", new.describe_left_out(), least)
    kept = leave_out(distinct, new.left_out)
    if not kept.rows:
        raise BadInput(f"no row is left to learn from: {new.describe_left_out()}: {least}")
    return kept


def learning_of(dataset: TrainDataset) -> dict[str, Any]:
    """Return what the candidate depends on beside its rows; only what isn't the default, so that digests stay."""
    extends = {"newLabels": dataset.new_labels, "minRowsPerNewLabel": dataset.min_rows_per_new_label}
    weights = {"classWeights": dataset.class_weights}
    return (extends if dataset.extends else {}) | (weights if dataset.class_weights != "None" else {})
