"""`semi-supervised`: rows without a label are learnt from too, with pseudo-labels.

Self-training (Lee 2013, "Pseudo-Label"): a teacher learns from the labelled rows and predicts the others' labels;
those that it is sure enough of become labels; then the model is trained from the start on all of them. A part of the
labelled rows is held back from the teacher and says how sure it may be.
"""

import logging
import random
from collections.abc import Sequence
from dataclasses import replace

from pydantic import Field

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.methods import full
from refit_trainer.tasks import LoadedModel, Prediction, Task
from refit_trainer.tasks.components.classification import require_classification
from refit_trainer.tasks.components.pseudo_labels import Evidence, pseudo_label
from refit_trainer.training.training_state import StateStore, temporary_states

log = logging.getLogger(__name__)


class Hyperparameters(full.Hyperparameters):
    """The hyperparameters of `full`, which both trainings use, and one more."""

    confidence: float = Field(0.9, gt=0, lt=1)
    """The least calibrated probability with which an answer becomes a label."""


class SemiSupervised:
    """The method `semi-supervised`."""

    hyperparameters = Hyperparameters
    supports_distributed = False

    def accept(self, task: Task, is_trained: bool) -> ColumnRoles:
        """Let rows lack their label; refuse what is no classification."""
        return replace(require_classification(task, "semi-supervised").roles, nullable=("label",))

    def train(
        self, task: Task, model: LoadedModel, rows: Sequence[Row], settings: Hyperparameters, states: StateStore
    ) -> dict[str, float]:
        """Train twice; return the metrics of the second, and what became of the rows without a label.

        Only the second saves states: a next attempt trains the teacher again, to the same weights.
        """
        labelled = [row for row in rows if row.values["label"] is not None]
        unlabelled = [row for row in rows if row.values["label"] is None]
        if not labelled:
            raise BadInput(f"hyperparameters.method='semi-supervised': none of the {len(rows)} rows has a label")
        if not unlabelled:
            return full.METHOD.train(task, model, labelled, settings, states) | {"pseudo_share": 0.0}
        classification = require_classification(task, "semi-supervised")
        split, held = hold_back(labelled, settings)
        start = {name: weight.clone() for name, weight in model.network.state_dict().items()}
        full.fit(task, model, split, settings, temporary_states())
        predicted = task.predict(model, unlabelled)
        pseudo = pseudo_label(classification, model, Evidence(held, labelled, unlabelled), settings.confidence)
        log.info("semi_supervised.labelled rows=%d of=%d", len(pseudo), len(unlabelled))
        model.network.load_state_dict(start)
        own = full.split_rows(labelled, settings)
        together = [*own.learnt, *pseudo]
        learnt = random.Random(settings.seed).sample(together, len(together))
        metrics = full.fit(task, model, full.Split(learnt, own.held), settings, states)
        return metrics | _account(len(pseudo), predicted, task.predict(model, unlabelled))


def hold_back(labelled: Sequence[Row], settings: Hyperparameters) -> tuple[full.Split, Sequence[Row]]:
    """Return what the teacher learns from, and the labelled rows that it doesn't: early stopping's, or as many."""
    split = full.split_rows(labelled, settings)
    if split.held:
        return split, split.held
    held = min(len(labelled) - 1, max(1, round(len(labelled) * settings.early_stopping_share)))
    return full.Split(split.learnt[held:]), split.learnt[:held]


def _account(pseudo: int, before: Sequence[Prediction], after: Sequence[Prediction]) -> dict[str, float]:
    """Return the share of the unlabelled rows that got a label, and of those on which teacher and model agree."""
    agreed = sum(old.value == new.value for old, new in zip(before, after, strict=True))
    return {"pseudo_share": round(pseudo / len(before), 4), "pseudo_agreement": round(agreed / len(before), 4)}


METHOD = SemiSupervised()
