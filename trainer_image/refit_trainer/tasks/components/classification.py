"""What all classifiers share: the head and its labels, the batches, the metrics. A task adds its input."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any, Self

import torch

from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally, Task
from refit_trainer.tasks.components.batches import predict_in_batches
from refit_trainer.tasks.components.classes import check_label, measure_classes
from refit_trainer.tasks.components.heads import keep_last_layer_exact, load_network, read_labels
from refit_trainer.tasks.components.question_heads import answer_questions, encode_answers, grouped_loss
from refit_trainer.tasks.components.questions import (
    SEPARATOR,
    check_answers,
    columns_by_question,
    has_questions,
    label_names,
    split_by_question,
)
from refit_trainer.tasks.components.weights import WEIGHT
from refit_trainer.training.compute import pick_device

Batch = dict[str, Any]
WEIGHED = ("slice", "time", WEIGHT)
"""The optional columns of a classification, whose rows may count differently in the training."""


class Classification(Task, ABC):
    """One of a few labels for each input."""

    roles: ColumnRoles
    input: str
    plural: str
    """What inputs are called in messages."""
    truth = "label"
    has_one_answer = True
    metrics: Mapping[str, bool] = {"accuracy": True, "macro_f1": True, "recall": True}
    head: str | tuple[str, ...]
    """How the names of architectures with this head end."""
    network: Any
    """The Auto class that loads them."""
    batch = 64
    """Inputs predicted at once."""
    counted: frozenset[str] | None = None
    """The classes that metrics are means over; None: all that rows or answers have."""

    @abstractmethod
    def check_input(self, value: Any) -> str | None:
        """Return what is wrong with an input."""

    @abstractmethod
    def example(self) -> Any:
        """Return an input to try a model with."""

    @abstractmethod
    def load_processor(self, folder: Path, network: Any) -> Any:
        """Load what prepares inputs."""

    @abstractmethod
    def encode_inputs(self, model: LoadedModel, values: Sequence[Any]) -> list[Batch]:
        """Return what is kept of each input until its batch is made."""

    @abstractmethod
    def pad(self, model: LoadedModel, inputs: list[Batch]) -> Any:
        """Return a batch of encoded inputs as the network's tensors."""

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Refuse: inputs have no length."""
        raise BadInput(f"hyperparameters.max_length={length}: {self.plural} aren't cut")

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Read the label names from config.json; a model without a classification head knows none."""
        return read_labels(folder, self.head)

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with a label; a model of several questions knows objects of answers."""
        if columns_by_question(labels or ()):
            return check_answers(value, labels)
        return check_label(value, labels)

    def check_pair(self, value: Any, truth: Any) -> str | None:
        """Find nothing: any input may have any label."""
        return None

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return the label, or the answer to each question."""
        return label_names(truth) if isinstance(truth, dict) else [str(truth)]

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load network and processor; a new head gets the rows' labels in sorted order."""
        known = self.known_labels(folder)
        labels = known or _labels_of(rows)
        if len(labels) < 2:
            raise BadInput(f"a classifier needs two labels or more, and the rows have {', '.join(labels) or 'none'}")
        with refusing_model(folder):
            network = load_network(self.network, folder, labels, has_head=known is not None)
            processor = self.load_processor(folder, network)
        keep_last_layer_exact(network, len(labels))
        columns = columns_by_question(labels)
        loss = grouped_loss(columns) if columns else None
        return LoadedModel(network.to(pick_device()), processor, labels, loss, folder)

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write safetensors, configuration and processor."""
        model.network.save_pretrained(folder)
        model.processor.save_pretrained(folder)

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[Batch]:
        """Return inputs and label numbers; with each number what its row counts, where rows are weighted."""
        ids = {label: i for i, label in enumerate(model.labels)}
        columns = columns_by_question(model.labels)
        truths = [row.values["label"] for row in rows]
        numbers: list[Any] = [
            encode_answers(truth, model.labels, columns) if columns else ids[str(truth)] for truth in truths
        ]
        if model.is_weighted:
            numbers = [[number, row.values[WEIGHT]] for number, row in zip(numbers, rows, strict=True)]
        inputs = self.encode_inputs(model, [row.values[self.input] for row in rows])
        return [{**found, "labels": label} for found, label in zip(inputs, numbers, strict=True)]

    def collator(self, model: LoadedModel) -> Callable[[list[Batch]], Batch]:
        """Pad each batch to its own longest row."""

        def collate(encoded: list[Batch]) -> Batch:
            inputs = [{name: value for name, value in row.items() if name != "labels"} for row in encoded]
            return {**self.pad(model, inputs), "labels": torch.tensor([row["labels"] for row in encoded])}

        return collate

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Count nothing: inputs have no length."""
        return 0

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Prediction]:
        """Predict in batches of inputs of like size."""
        values = [row.values[self.input] for row in rows]
        return predict_in_batches(
            model.network, values, self.size_of, self.batch, lambda batch: self._predict_batch(model, batch)
        )

    def logits(self, model: LoadedModel, values: Sequence[Any]) -> Any:
        """Return the logits of a batch of inputs, (inputs, labels) in fp32."""
        inputs = self.pad(model, self.encode_inputs(model, values))
        device = model.network.device
        return model.network(**{name: tensor.to(device) for name, tensor in inputs.items()}).logits.float()

    def _predict_batch(self, model: LoadedModel, values: Sequence[Any]) -> list[Prediction]:
        predictions = self._answer(model, self.logits(model, values))
        return list(model.watch.attach(predictions)) if model.watch else predictions

    def _answer(self, model: LoadedModel, logits: Any) -> list[Prediction]:
        if columns := columns_by_question(model.labels):
            return answer_questions(logits, model.labels, columns)
        scores, indices = logits.softmax(dim=-1).max(dim=-1)
        return [Prediction(model.labels[i], s) for i, s in zip(indices.tolist(), scores.tolist(), strict=True)]

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Count a prediction as one unit, right or wrong; the answer to each question where there are several."""
        if isinstance(truth, dict) and isinstance(prediction, dict):
            truths = {question: str(name) for question, name in truth.items() if name is not None}
            return Tally(sum(prediction.get(question) != name for question, name in truths.items()), len(truths))
        return Tally(float(str(prediction) != str(truth)))

    def counting(self, labels: Iterable[str]) -> Self:
        """Return the task with means over some classes alone: another answer is wrong, and no class of its own."""
        task = copy(self)
        task.counted = frozenset(labels)
        return task

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return accuracy, and F1 and recall as means over the classes; over all questions, and accuracy for each."""
        if has_questions(rows):
            return self._measure_questions(rows, predictions)
        truth = [str(row.values["label"]) for row in rows]
        found = [prediction.value for prediction in predictions]
        return measure_classes(truth, found, self.counted)

    def _measure_questions(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        pairs = list(split_by_question(rows, predictions))
        by_question: dict[str, list[tuple[Row, Prediction]]] = {}
        for row, prediction in pairs:
            by_question.setdefault(row.values["label"].partition(SEPARATOR)[0], []).append((row, prediction))
        measured = self.measure(*zip(*pairs, strict=True))
        return measured | {
            f"accuracy_{question}": self.measure(*zip(*own, strict=True))["accuracy"]
            for question, own in sorted(by_question.items())
        }


def require_classification(task: Any, method: str) -> Classification:
    """Return the task as a classification; raise BadInput where it is none."""
    if isinstance(task, Classification):
        return task
    name = type(task).__module__.rpartition(".")[2].replace("_", "-")
    raise BadInput(f"hyperparameters.method={method!r}: it is for classification alone, and task={name!r} is none")


def _labels_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the label names of rows, sorted; raise BadInput where they look like those of several questions."""
    found: set[str] = set()
    first: Any = None
    for truth in (row.values["label"] for row in rows if row.values["label"] is not None):
        first = truth if first is None else first
        found.update(label_names(truth) if isinstance(truth, dict) else [str(truth)])
    if columns_by_question(tuple(found)) and not isinstance(first, dict):
        raise BadInput(f"label {first!r}: names with a {SEPARATOR!r} are those of several questions; give an object")
    return tuple(sorted(found))
