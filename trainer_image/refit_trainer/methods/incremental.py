"""`incremental`: a model in service learns on, in one pass over the new rows with old ones mixed in.

Which rows are new, and how many old ones are replayed beside them so that what was learnt from them isn't forgotten
(Rolnick et al. 2019, "Experience Replay for Continual Learning"), say `dataset.recent` and `dataset.replay`.
"""

from collections.abc import Sequence

from pydantic import Field

from refit_trainer import methods
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.methods import full
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.training.training_state import StateStore


class Hyperparameters(methods.Hyperparameters):
    """The common hyperparameters, and those of `incremental`, which always makes one pass."""

    learning_rate: float = Field(5e-5, gt=0)
    warmup_ratio: float = Field(0.1, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0)


class Incremental:
    """The method `incremental`."""

    hyperparameters = Hyperparameters
    supports_distributed = True

    def accept(self, task: Task, is_trained: bool) -> ColumnRoles:
        """Refuse a model that has learnt nothing to go on from."""
        if not is_trained:
            raise BadInput("hyperparameters.method='incremental': startFrom has no head for this task to go on from")
        return task.roles

    def train(
        self, task: Task, model: LoadedModel, rows: Sequence[Row], settings: Hyperparameters, states: StateStore
    ) -> dict[str, float]:
        """Train as `full` does, one pass, and return its metrics."""
        shared = settings.model_dump(include=set(Hyperparameters.model_fields))
        one_pass = full.Hyperparameters(epochs=1, **shared)
        return full.METHOD.train(task, model, rows, one_pass, states)


METHOD = Incremental()
