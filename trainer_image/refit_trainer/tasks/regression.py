"""Texts to a number: ratings, prices, ages. Any encoder that AutoModelForSequenceClassification knows."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally
from refit_trainer.tasks.components.heads import NUMBER, read_labels
from refit_trainer.tasks.components.numbers import Scale, measure_numbers, read_number
from refit_trainer.tasks.components.scaled_head import move_to_scale, restore
from refit_trainer.tasks.components.vector_heads import VectorHead
from refit_trainer.tasks.text_classification import TextClassification

OUTPUT = ("value",)
"""The name of the head's only output."""


class Regression(VectorHead):
    """The task `regression`: `text` to `value`, a number.

    While a model learns, its head gives numbers on the scale of the rows' (mean 0, deviation 1), so that the same
    learning rate does for stars and for prices; what is saved gives the numbers themselves.
    """

    truth = "value"
    problem_type = NUMBER
    metrics: Mapping[str, bool] = {"r2": True, "mae": False, "rmse": False}

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Return no label for a model that gives a number, None for one without a head."""
        outputs = read_labels(folder, self._inputs.head, NUMBER)
        if outputs is not None and len(outputs) != 1:
            raise BadInput(f"{folder}: the head has {len(outputs)} outputs in config.json, and a number is one")
        return None if outputs is None else ()

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with a number."""
        return None if read_number(value) is not None else f"value is {value!r:.80}, not a number"

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return nothing: a number isn't made up of labels."""
        return []

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load network and processor; with rows to learn from, the head is moved to their scale."""
        has_head = self.known_labels(folder) is not None
        model = self.load_with_head(folder, OUTPUT, has_head)
        model.labels = ()
        if rows:
            model.scale = move_to_scale(model.network, Scale.of([_number(row) for row in rows]), is_trained=has_head)
        return model

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write a model whose head gives the numbers themselves."""
        if model.scale is not None:
            restore(model.network, model.scale)
            model.scale = None
        super().save(model, folder)

    def encode_truth(self, model: LoadedModel, truth: Any) -> float:
        """Return a number on the scale that the model learns in."""
        number = float(read_number(truth) or 0.0)
        return number if model.scale is None else float(model.scale.shrink(number))

    def read_outputs(self, model: LoadedModel, outputs: Any) -> list[Prediction]:
        """Return the numbers; a regression has no confidence, and each score is 1."""
        numbers = outputs.squeeze(-1).double().tolist()
        return [Prediction(one if model.scale is None else model.scale.grow(one), 1.0) for one in numbers]

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Return how far a number is off: the live errors a unit are the mean absolute error."""
        return Tally(abs(float(prediction) - float(read_number(truth) or 0.0)))

    def agrees(self, answer: Any, other: Any, tolerance: float) -> bool:
        """Return whether two numbers are the same, up to the tolerance."""
        return math.isclose(float(answer), float(other), rel_tol=tolerance)

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return the coefficient of determination, the mean absolute error and the root mean squared one."""
        return measure_numbers([_number(row) for row in rows], [float(one.value) for one in predictions])

    def unit(self, metric: str, rows: Sequence[Row], predictions: Sequence[Prediction]) -> float:
        """Return the largest error: that much one input may count for in an error that is no share."""
        if metric == "r2":
            return 1.0
        return max(
            self.tally(one.value, row.values["value"]).errors for row, one in zip(rows, predictions, strict=True)
        )


def _number(row: Row) -> float:
    return float(read_number(row.values["value"]) or 0.0)


TASK = Regression(TextClassification())
