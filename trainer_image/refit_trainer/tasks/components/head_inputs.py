"""What a model's last layer is given for an input: the features that the answer is made of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction
from refit_trainer.tasks.components.batches import predict_in_batches
from refit_trainer.tasks.components.classification import Classification


def compute_features(task: Classification, model: LoadedModel, layer: Any, rows: Sequence[Row]) -> Any:
    """Return what the layer is given for each row, (rows, width) in fp32; raise BadInput where it is given more."""
    values = [row.values[task.input] for row in rows]
    with _inputs_of(layer) as given:

        def compute(batch: Sequence[Any]) -> list[Any]:
            task.logits(model, batch)
            found = given.pop().float()
            if found.dim() != 2:
                raise BadInput(f"the last layer of {type(model.network).__name__} isn't given one vector for an input")
            return list(found)

        return torch.stack(predict_in_batches(model.network, values, task.size_of, task.batch, compute))


@contextmanager
def _inputs_of(layer: Any) -> Iterator[list[Any]]:
    given: list[Any] = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    try:
        yield given
    finally:
        hook.remove()


class HeadWatch:
    """Says of each prediction where what the layer was given lies along some axes."""

    def __init__(self, layer: Any, mean: Sequence[float], axes: Sequence[Sequence[float]]) -> None:
        device = layer.weight.device
        self._mean = torch.tensor(mean, device=device)
        self._axes = torch.tensor(axes, device=device).T
        self._places: list[list[float]] = []
        layer.register_forward_pre_hook(self._follow)

    def attach(self, predictions: list[Prediction]) -> list[Prediction]:
        """Return a batch's predictions with their places; as they are where the layer wasn't given one vector each."""
        places, self._places = self._places, []
        if len(places) != len(predictions):
            return predictions
        return [replace(one, place=tuple(place)) for one, place in zip(predictions, places, strict=True)]

    def _follow(self, layer: Any, given: tuple[Any, ...]) -> None:
        features = given[0]
        if features.dim() != 2:
            self._places = []
            return
        with torch.autocast(features.device.type, enabled=False):
            self._places = ((features.float() - self._mean) @ self._axes).tolist()
