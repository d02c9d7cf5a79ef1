"""The check of a row by its task: the input, the truth, and both together."""

from collections.abc import Callable, Mapping
from typing import Any

from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.unreadable import blamed_on
from refit_trainer.tasks import Task
from refit_trainer.tasks.components.questions import check_answers


def check_row(
    task: Task, labels: tuple[str, ...] | None, roles: ColumnRoles | None = None
) -> Callable[[Mapping[str, Any]], str | None]:
    """Return the check of a row's values for a task and a model that knows some labels; a row may lack its truth.

    The check raises Unreadable where a library raises an error over a value.
    """
    check_truth = check_answers if roles and task.truth in roles.multi_question else task.check_truth

    def check(values: Mapping[str, Any]) -> str | None:
        value, truth = values[task.input], values[task.truth]
        with blamed_on(task.input):
            problem = task.check_input(value)
        if problem or truth is None:
            return problem
        with blamed_on(task.truth):
            return check_truth(truth, labels) or task.check_pair(value, truth)

    return check
