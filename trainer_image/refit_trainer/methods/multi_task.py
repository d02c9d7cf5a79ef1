"""`multi-task`: one encoder learns several questions at once, each with a head of its own.

Batches are drawn from all rows, so that questions come in proportion to the rows that answer them.
"""

from collections.abc import Sequence
from dataclasses import replace

from refit_trainer.classification import require_classification
from refit_trainer.errors import BadInput
from refit_trainer.methods import full
from refit_trainer.questions import columns_of
from refit_trainer.roles import Roles
from refit_trainer.rows import Row
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.unfinished import Unfinished


class MultiTask:
    """The method `multi-task`."""

    hyperparameters = full.Hyperparameters
    is_shareable = False

    def accept(self, task: Task, is_trained: bool) -> Roles:
        """Take labels that answer several questions; refuse what is no classification."""
        return replace(require_classification(task, "multi-task").roles, several=("label",))

    def train(
        self,
        task: Task,
        model: LoadedModel,
        rows: Sequence[Row],
        settings: full.Hyperparameters,
        unfinished: Unfinished,
    ) -> dict[str, float]:
        """Train as `full` does; the loss is the mean over all answers. Return its metrics."""
        if not columns_of(model.labels):
            known = ", ".join(model.labels)
            raise BadInput(
                f"hyperparameters.method='multi-task': startFrom answers one question: its labels are {known}"
            )
        return full.METHOD.train(task, model, rows, settings, unfinished)


METHOD = MultiTask()
