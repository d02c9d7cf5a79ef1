"""`head`: the backbone is frozen. The features of each row are computed once; the last layer is trained on them.

Multinomial logistic regression on those features, scaled to one variance: a convex problem, so that L-BFGS (Liu and
Nocedal 1989) goes over all of them at once, from the weights that the layer has, to where the loss falls no more.
"""

import logging
import math
from collections.abc import Sequence
from typing import Any

import torch
from pydantic import Field
from torch.nn.functional import cross_entropy

from refit_trainer import methods
from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.tasks.components.classification import require_classification
from refit_trainer.tasks.components.head_inputs import compute_features
from refit_trainer.tasks.components.heads import find_last_layer
from refit_trainer.tasks.components.questions import columns_by_question
from refit_trainer.tasks.components.weights import WEIGHT
from refit_trainer.training.training_state import StateStore

log = logging.getLogger(__name__)


class Hyperparameters(methods.Hyperparameters):
    """The common hyperparameters, and those of `head`."""

    epochs: int = Field(200, gt=0)
    """Passes over the features at most."""
    weight_decay: float = Field(0.03, ge=0)
    """Half of it times the squared distance from the weights at the start is added to the mean cross-entropy."""


class Head:
    """The method `head`."""

    hyperparameters = Hyperparameters
    supports_distributed = False

    def accept(self, task: Task, is_trained: bool) -> ColumnRoles:
        """Refuse what is no classification."""
        return require_classification(task, "head").roles

    def train(
        self, task: Task, model: LoadedModel, rows: Sequence[Row], settings: Hyperparameters, states: StateStore
    ) -> dict[str, float]:
        """Train the last layer in place; return the loss. It takes seconds, so there is no state to go on from."""
        classification = require_classification(task, "head")
        if columns_by_question(model.labels):
            raise BadInput(
                "hyperparameters.method='head': the model answers several questions, and one layer learns one"
            )
        layer = require_last_layer(model)
        with refusing_model(model.folder):
            features = compute_features(classification, model, layer, rows)
        log.info("head.features rows=%d width=%d", *features.shape)
        ids = {label: i for i, label in enumerate(model.labels)}
        labels = torch.tensor([ids[str(row.values["label"])] for row in rows], device=features.device)
        counts = [row.values[WEIGHT] for row in rows] if model.is_weighted else None
        weights = None if counts is None else torch.tensor(counts, device=features.device)
        loss = fit(layer, features, labels, settings, weights)
        if not math.isfinite(loss):
            raise BadInput(f"the training's loss is {loss}: startFrom gives features that are no numbers")
        return {"loss": round(loss, 6)}


def require_last_layer(model: LoadedModel) -> Any:
    """Return the linear layer that gives the logits; raise BadInput where the network doesn't end in one."""
    layer = find_last_layer(model.network, len(model.labels))
    if layer is not None:
        return layer
    raise BadInput(f"hyperparameters.method='head': {type(model.network).__name__} doesn't end in a linear layer")


def fit(layer: Any, features: Any, labels: Any, settings: Hyperparameters, weights: Any = None) -> float:
    """Move the layer's weights to where mean cross-entropy and penalty are least; return the former.

    `weights`, (rows,), is what each row counts in the mean; None: all count alike.
    """
    scale, mean = torch.std_mean(features, dim=0, correction=0)
    scale = torch.where(scale > 1e-6, scale, torch.ones_like(scale))
    scaled, before = (features - mean) / scale, layer(features).detach()
    step, offset = torch.zeros_like(layer.weight), torch.zeros_like(layer.weight[:, 0])
    optimizer = torch.optim.LBFGS(
        [step.requires_grad_(), offset.requires_grad_()],
        max_iter=settings.epochs,
        tolerance_grad=1e-5,
        line_search_fn="strong_wolfe",
    )

    def measure(logits: Any) -> Any:
        if weights is None:
            return cross_entropy(logits, labels)
        return (weights * cross_entropy(logits, labels, reduction="none")).mean()

    def evaluate() -> Any:
        optimizer.zero_grad()
        entropy = measure(before + scaled @ step.T + offset)
        loss = entropy + settings.weight_decay / 2 * step.square().sum()
        loss.backward()
        return loss

    optimizer.step(evaluate)
    with torch.no_grad():
        layer.weight += step / scale
        layer.bias += offset - (step / scale) @ mean
        return float(measure(layer(features)))


METHOD = Head()
