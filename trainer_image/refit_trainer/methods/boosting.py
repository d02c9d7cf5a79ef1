"""`boosting`: trees are grown one after another, each from what those before it get wrong (XGBoost).

T. Chen and C. Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016. Each run grows all its trees from
all rows that it is given.
"""

import logging
from collections.abc import Sequence
from typing import Any

import torch
import xgboost
from pydantic import Field

from refit_trainer import methods
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.tasks.components.boosted_trees import Trees
from refit_trainer.tasks.components.features import find_features
from refit_trainer.training.training_state import StateStore

log = logging.getLogger(__name__)


class Hyperparameters(methods.Hyperparameters):
    """The common hyperparameters, and those of `boosting`."""

    learning_rate: float = Field(0.1, gt=0, le=1)
    epochs: int = Field(100, gt=0)
    """Trees for each label."""
    depth: int = Field(6, gt=0, le=20)
    """Questions from a tree's root to a leaf, at most."""
    least_weight: float = Field(1, ge=0)
    """Sum of second derivatives of the loss that a leaf needs, XGBoost's min_child_weight."""


class Boosting:
    """The method `boosting`."""

    hyperparameters = Hyperparameters
    supports_distributed = False

    def accept(self, task: Task, is_trained: bool) -> ColumnRoles:
        """Refuse what isn't a table."""
        if task.roles.gathered is None:
            raise BadInput("hyperparameters.method='boosting': it is for tabular-classification alone")
        return task.roles

    def train(
        self, task: Task, model: LoadedModel, rows: Sequence[Row], settings: Hyperparameters, states: StateStore
    ) -> dict[str, float]:
        """Grow trees; return the loss on the rows. It takes seconds, so there is no state to go on from."""
        model.network = Trees(None, find_features([row.values["features"] for row in rows]))
        encoded = task.encode(model, rows)
        matrix = xgboost.DMatrix([row["features"] for row in encoded], label=[row["labels"] for row in encoded])
        losses: dict[str, Any] = {}
        model.network.booster = xgboost.train(
            _parameters(len(model.labels), settings),
            matrix,
            settings.epochs,
            evals=[(matrix, "train")],
            evals_result=losses,
            verbose_eval=False,
        )
        return {"loss": round(float(losses["train"]["mlogloss"][-1]), 6)}


def _parameters(labels: int, settings: Hyperparameters) -> dict[str, Any]:
    return {
        "objective": "multi:softprob",
        "num_class": labels,
        "eta": settings.learning_rate,
        "max_depth": settings.depth,
        "min_child_weight": settings.least_weight,
        "seed": settings.seed,
        "tree_method": "hist",
        "nthread": torch.get_num_threads(),
    }


METHOD = Boosting()
