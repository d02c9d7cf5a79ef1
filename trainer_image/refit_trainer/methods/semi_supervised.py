"""`semi-supervised`: rows without a label teach too, by the labels that the model is sure of.

Self-training (Lee 2013, "Pseudo-Label"): a teacher learns from the labelled rows and answers the others; answers above
a confidence become their labels; and the model begins anew and learns from all of them.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from pydantic import Field

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.methods import full
from refit_trainer.tasks import Answer, LoadedModel, Task
from refit_trainer.tasks.components.classification import require_classification
from refit_trainer.training.training_state import StateStore, temporary_states

log = logging.getLogger(__name__)


class Hyperparameters(full.Hyperparameters):
    """What `semi-supervised` understands beside what `full` does, which both trainings go by."""

    confidence: float = Field(0.9, gt=0, lt=1)
    """The least score with which an answer becomes a label."""


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

        Only the second keeps states: in a next attempt the teacher learns again, and says the same.
        """
        labelled = [row for row in rows if row.values["label"] is not None]
        unlabelled = [row for row in rows if row.values["label"] is None]
        if not labelled:
            raise BadInput(f"hyperparameters.method='semi-supervised': none of the {len(rows)} rows has a label")
        if not unlabelled:
            return full.METHOD.train(task, model, labelled, settings, states) | {"pseudo_share": 0.0}
        start = {name: weight.clone() for name, weight in model.network.state_dict().items()}
        full.METHOD.train(task, model, labelled, settings, temporary_states())
        said = task.predict(model, unlabelled)
        pseudo = label_surely(unlabelled, said, settings.confidence)
        log.info("semi_supervised.labelled rows=%d of=%d", len(pseudo), len(unlabelled))
        model.network.load_state_dict(start)
        metrics = full.METHOD.train(task, model, [*labelled, *pseudo], settings, states)
        return metrics | _account(len(pseudo), said, task.predict(model, unlabelled))


def label_surely(rows: Sequence[Row], answers: Sequence[Answer], confidence: float) -> list[Row]:
    """Return the rows whose answers are sure enough, with these as labels."""
    return [
        replace(row, values={**row.values, "label": answer.value})
        for row, answer in zip(rows, answers, strict=True)
        if answer.score >= confidence
    ]


def _account(pseudo: int, before: Sequence[Answer], after: Sequence[Answer]) -> dict[str, float]:
    """Return the share of the unlabelled rows that got a label, and of those on which teacher and model agree."""
    agreed = sum(old.value == new.value for old, new in zip(before, after, strict=True))
    return {"pseudo_share": round(pseudo / len(before), 4), "pseudo_agreement": round(agreed / len(before), 4)}


METHOD = SemiSupervised()
