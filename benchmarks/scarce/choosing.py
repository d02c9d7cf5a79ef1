"""Which rows are labelled first, at random or as `GET /to-label` hands them out, and what a head learns of them."""

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.scarce import Row
from refit_serving.memory import RememberedPrediction
from refit_serving.model import ServedModel
from refit_serving.to_label import FOREIGN, UNCERTAIN, ToLabel
from refit_trainer.methods.head import METHOD, fit, require_last_layer
from refit_trainer.tasks.components.head_inputs import compute_features

RANDOM, IN_TURNS = "random", "in turns"
ORDERS = (RANDOM, IN_TURNS, UNCERTAIN, FOREIGN)
"""How rows are chosen: by chance, as the server does, by uncertainty alone, by foreignness alone."""
Numbers = Sequence[int]


@dataclass(frozen=True)
class Seen:
    """Rows as one model sees them: what its head is given, and what follows of it."""

    features: Any
    """A tensor with a row each, as is the next."""
    truths: Any
    """Label numbers."""
    right: NDArray[np.bool_]
    uncertainty: NDArray[np.floating[Any]]
    strangeness: NDArray[np.floating[Any]]


def look(model: ServedModel, rows: Sequence[Row]) -> Seen:
    """Return the rows as a model sees them, by one pass."""
    from refit_trainer.data.rows import Row as TrainerRow

    layer = require_last_layer(model.loaded)
    with torch.no_grad():
        features = compute_features(model.task, model.loaded, layer, [TrainerRow(row) for row in rows])  # type: ignore[arg-type]
        best = layer(features).softmax(dim=1).max(dim=1)
    truths = torch.tensor([model.loaded.labels.index(str(row["label"])) for row in rows])
    sketch = model.sketch
    assert sketch is not None, "a holdout of 700 rows leaves a sketch"
    places = (features.numpy() - np.array(sketch.mean)) @ np.array(sketch.axes).T
    return Seen(features, truths, (best.indices == truths).numpy(), 1 - best.values.numpy(), (places**2).mean(axis=1))


def order_rows(seen: Seen, pool: Numbers, how: str, draw: random.Random) -> list[int]:
    """Return the rows of a pool in the order in which they are labelled."""
    if how == RANDOM:
        return draw.sample(pool, len(pool))
    if how == IN_TURNS:
        return _hand_out(seen, pool)
    worth = seen.uncertainty if how == UNCERTAIN else seen.strangeness
    return sorted(pool, key=lambda row: -worth[row])


def _hand_out(seen: Seen, pool: Numbers) -> list[int]:
    """Return rows in the order in which the server hands them out, after all of them were asked."""
    to_label = ToLabel(rows=len(pool))
    for row in pool:
        known = RememberedPrediction(f"{row}", "")
        to_label.offer(f"{row}", 1 - float(seen.uncertainty[row]), float(seen.strangeness[row]), known)
    return [int(one.id) for _, one in to_label.hand_out(len(pool), max_bytes=1 << 40)]


def learn(model: ServedModel, seen: Seen, labelled: Numbers) -> Any:
    """Return the model's head after the method `head` has learnt the labelled rows."""
    head = copy.deepcopy(require_last_layer(model.loaded))
    head._forward_pre_hooks.clear()
    fit(head, seen.features[labelled], seen.truths[labelled], METHOD.hyperparameters.model_validate({}))
    return head


def accuracy_of(head: Any, seen: Seen, rows: Numbers) -> float:
    """Return how many of some rows a head answers rightly."""
    with torch.no_grad():
        return float((head(seen.features[rows]).argmax(dim=1) == seen.truths[rows]).float().mean())
