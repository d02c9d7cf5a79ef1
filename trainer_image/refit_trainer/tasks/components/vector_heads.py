"""Tasks on a classifier's inputs whose head answers otherwise: any number of labels, or a number."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Task
from refit_trainer.tasks.components.batches import predict_in_batches
from refit_trainer.tasks.components.classification import Batch, Classification
from refit_trainer.tasks.components.heads import keep_last_layer_exact, load_network
from refit_trainer.training.compute import pick_device


class VectorHead(Task, ABC):
    """A task that shares a classifier's inputs, and its network but for what the head's outputs mean."""

    has_one_answer = True
    problem_type: str
    """What config.json calls such a head."""

    def __init__(self, inputs: Classification) -> None:
        self._inputs = inputs
        self.input = inputs.input
        self.roles = ColumnRoles(required=(inputs.input, self.truth), files=inputs.roles.files)

    @abstractmethod
    def encode_truth(self, model: LoadedModel, truth: Any) -> Any:
        """Return a true answer as a tensor's row."""

    @abstractmethod
    def read_outputs(self, model: LoadedModel, outputs: Any) -> list[Prediction]:
        """Return the answers that a head's outputs say, (inputs, outputs) in fp32."""

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with an input."""
        return self._inputs.check_input(value)

    def check_pair(self, value: Any, truth: Any) -> str | None:
        """Find nothing: any input may have any answer."""
        return None

    def example(self) -> Any:
        """Return an input to try a model with."""
        return self._inputs.example()

    def load_with_head(self, folder: Path, outputs: Sequence[str], has_head: bool) -> LoadedModel:
        """Load network and processor; the head has an output for each name, and is new where there is none."""
        with refusing_model(folder):
            network = load_network(self._inputs.network, folder, outputs, has_head)
            network.config.problem_type = self.problem_type
            processor = self._inputs.load_processor(folder, network)
        keep_last_layer_exact(network, len(outputs))
        return LoadedModel(network.to(pick_device()), processor, tuple(outputs), folder=folder)

    def size_of(self, value: Any) -> float:
        """Return how long an input is."""
        return self._inputs.size_of(value)

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Cut inputs at a length."""
        self._inputs.limit_length(model, length)

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Return how many inputs are cut."""
        return self._inputs.count_cut(model, rows)

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write safetensors, configuration and processor."""
        self._inputs.save(model, folder)

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[Batch]:
        """Return inputs and true answers."""
        inputs = self._inputs.encode_inputs(model, [row.values[self.input] for row in rows])
        truths = [self.encode_truth(model, row.values[self.truth]) for row in rows]
        return [{**found, "labels": truth} for found, truth in zip(inputs, truths, strict=True)]

    def collator(self, model: LoadedModel) -> Callable[[list[Batch]], Batch]:
        """Pad each batch to its own longest row."""

        def collate(encoded: list[Batch]) -> Batch:
            inputs = [{name: value for name, value in row.items() if name != "labels"} for row in encoded]
            labels = torch.tensor([row["labels"] for row in encoded], dtype=torch.float32)
            return {**self._inputs.pad(model, inputs), "labels": labels}

        return collate

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Prediction]:
        """Predict in batches of inputs of like size."""
        values = [row.values[self.input] for row in rows]

        def answer(batch: Sequence[Any]) -> list[Prediction]:
            return self.read_outputs(model, self._inputs.logits(model, batch))

        return predict_in_batches(model.network, values, self.size_of, self._inputs.batch, answer)
