"""The check of a row by its task: the input, the truth, and both together."""

from collections.abc import Callable, Mapping
from typing import Any

from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.unreadable import blamed_on
from refit_trainer.tasks import Task
from refit_trainer.tasks.components.kinds import is_classification
from refit_trainer.tasks.components.new_labels import check_new_label, find_nearly
from refit_trainer.tasks.components.questions import check_answers
from refit_trainer.tasks.components.weights import WEIGHT, check_weight


def check_row(
    task: Task, labels: tuple[str, ...] | None, roles: ColumnRoles | None = None, extends: bool = False
) -> Callable[[Mapping[str, Any]], str | None]:
    """Return the check of a row's values for a task and a model that knows some labels; a row may lack its truth.

    With `extends` a label may be new to the model. The check raises Unreadable where a library raises an error over a
    value.
    """
    check_truth = check_answers if roles and task.truth in roles.multi_question else task.check_truth

    def find_problem(truth: Any) -> str | None:
        problem = check_truth(truth, labels)
        if problem is None or labels is None or not is_classification(task):
            return problem
        if extends:
            return check_new_label(truth, labels)
        if check_new_label(truth, labels):
            return problem
        return f"{problem}; {find_nearly(truth, labels) or 'dataset.newLabels: Extend makes it a class'}"

    def check(values: Mapping[str, Any]) -> str | None:
        value, truth = values[task.input], values[task.truth]
        with blamed_on(task.input):
            problem = task.check_input(value)
        problem = problem or check_weight(values.get(WEIGHT))
        if problem or truth is None:
            return problem
        with blamed_on(task.truth):
            return find_problem(truth) or task.check_pair(value, truth)

    return check
