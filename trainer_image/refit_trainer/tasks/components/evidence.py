"""The rows that a task learns from and is judged on: of an input with one true answer, the newest alone."""

from collections.abc import Sequence

from refit_trainer.data import distinct
from refit_trainer.data.distinct import DistinctRows, keep_newest, number_inputs
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Task


def select_distinct(task: Task, rows: Sequence[Row]) -> DistinctRows:
    """Return a row for each input; every row where an input may have several true answers."""
    if task.has_one_answer:
        return keep_newest(rows, task.input, task.truth)
    return DistinctRows(rows, inputs=distinct.count_inputs(rows, task.input))


def count_inputs(task: Task, rows: Sequence[Row]) -> int:
    """Return how many distinct inputs a few rows have: those of a slice, in memory."""
    return len(set(number_inputs(rows, task.input)))
