"""`multi-task`: one encoder learns several questions at once, each with a head of its own.

Batches are drawn from all rows, so that questions come in proportion to the rows that answer them.
"""

from collections.abc import Sequence
from dataclasses import replace

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.methods import full
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.tasks.components.classification import require_classification
from refit_trainer.tasks.components.questions import columns_by_question
from refit_trainer.training.training_state import StateStore


class MultiTask:
    """The method `multi-task`."""

    hyperparameters = full.Hyperparameters
    supports_distributed = False

    def accept(self, task: Task, is_trained: bool) -> ColumnRoles:
        """Take labels that answer several questions; refuse what is no classification."""
        return replace(require_classification(task, "multi-task").roles, multi_question=("label",))

    def train(
        self,
        task: Task,
        model: LoadedModel,
        rows: Sequence[Row],
        settings: full.Hyperparameters,
        states: StateStore,
    ) -> dict[str, float]:
        """Train as `full` does; the loss is the mean over all answers. Return its metrics."""
        if not columns_by_question(model.labels):
            known = ", ".join(model.labels)
            raise BadInput(
                f"hyperparameters.method='multi-task': startFrom answers one question: its labels are {known}"
            )
        return full.METHOD.train(task, model, rows, settings, states)


METHOD = MultiTask()
