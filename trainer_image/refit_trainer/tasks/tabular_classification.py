"""Rows of a table to one of a few labels, by boosted trees: XGBoost, its model kept as JSON."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import xgboost

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally, Task
from refit_trainer.tasks.components.boosted_trees import Trees, load_trees, read_outline, save_trees
from refit_trainer.tasks.components.classes import check_label, measure_classes
from refit_trainer.tasks.components.features import check_features, encode_rows, find_features


class TabularClassification(Task):
    """The task `tabular-classification`: `features`, an object of values by column, to `label`."""

    roles = ColumnRoles(required=("features", "label"), gathered="features")
    input = "features"
    truth = "label"
    has_one_answer = True
    metrics: Mapping[str, bool] = {"accuracy": True, "macro_f1": True, "recall": True}

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Return the labels in config.json; None where nothing was learnt yet."""
        outline = read_outline(folder)
        return outline[0] if outline else None

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with a row's features."""
        return check_features(value)

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with a label."""
        return check_label(value, labels)

    def check_pair(self, value: Any, truth: Any) -> str | None:
        """Find nothing: any row may have any label."""
        return None

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return the label."""
        return [str(truth)]

    def example(self) -> dict[str, Any]:
        """Return a row, of which a model may know nothing."""
        return {"a column that no model knows": 1}

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load the trees; where there are none, labels and features are those of the rows."""
        outline = read_outline(folder)
        if outline:
            labels, features = outline
            return LoadedModel(load_trees(folder, labels, features), None, labels, folder=folder)
        labels = tuple(sorted({str(row.values["label"]) for row in rows}))
        if len(labels) < 2:
            raise BadInput(f"a classifier needs two labels or more, and the rows have {', '.join(labels) or 'none'}")
        return LoadedModel(Trees(None, find_features([row.values["features"] for row in rows])), None, labels)

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Refuse: rows have no length."""
        raise BadInput(f"hyperparameters.max_length={length}: rows of a table aren't cut")

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write trees and configuration."""
        save_trees(model.network, model.labels, folder)

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return each row's numbers and the number of its label."""
        matrix = encode_rows(model.network.features, [row.values["features"] for row in rows])
        numbers = {label: number for number, label in enumerate(model.labels)}
        return [
            {"features": values, "labels": numbers[str(row.values["label"])]}
            for values, row in zip(matrix, rows, strict=True)
        ]

    def collator(self, model: LoadedModel) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
        """Refuse: trees are learnt from all rows at once."""
        raise BadInput("trees aren't learnt in batches")

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Count nothing: rows aren't cut."""
        return 0

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Prediction]:
        """Return the likeliest label of each row, and its probability."""
        if not rows:
            return []
        matrix = encode_rows(model.network.features, [row.values["features"] for row in rows])
        probabilities = model.network.booster.predict(xgboost.DMatrix(matrix)).reshape(len(rows), len(model.labels))
        best = probabilities.argmax(axis=1)
        return [Prediction(model.labels[one], float(row[one])) for one, row in zip(best, probabilities, strict=True)]

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Count a prediction as right or wrong."""
        return Tally(float(str(prediction) != str(truth)))

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return accuracy, and F1 and recall as means over the classes."""
        return measure_classes([str(row.values["label"]) for row in rows], [one.value for one in predictions])


TASK = TabularClassification()
