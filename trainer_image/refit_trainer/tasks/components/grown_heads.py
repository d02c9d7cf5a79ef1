"""A head with more classes than it came with: the weights of those that it has stay bit for bit.

The row of a new class begins near the mean of those that there are (of its question, where there are several). Its
logit is about their mean then, which is no larger than the largest: before it learns, the model answers about as it
did. At the mean itself it would learn slowly. The gradient of the cross-entropy with regard to the features is the
mean of the rows, weighted by the answers' probabilities, less the row of the truth. For a new class that is zero where
the answers are equally likely, so that the layers below would not learn to tell it apart. So random numbers are added.
"""

import logging
from collections.abc import Sequence
from typing import Any

import torch

from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.tasks import LoadedModel
from refit_trainer.tasks.components.classification import Classification
from refit_trainer.tasks.components.heads import find_last_layer
from refit_trainer.tasks.components.question_heads import grouped_loss
from refit_trainer.tasks.components.questions import SEPARATOR, columns_by_question

STANDARD_DEVIATION = 0.02
"""Of a new row's weights where a configuration names no `initializer_range`, as in BERT and its kin."""
log = logging.getLogger(__name__)


def name_labels(model: LoadedModel, labels: Sequence[str]) -> None:
    """Give the classes of a head their names, in order."""
    model.labels = tuple(labels)
    config = model.network.config
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: number for number, label in enumerate(labels)}
    if hasattr(model.network, "num_labels"):
        model.network.num_labels = len(labels)
    columns = columns_by_question(labels)
    model.loss = grouped_loss(columns) if columns else None


def grow_head(task: Classification, model: LoadedModel, new: Sequence[str]) -> None:
    """Add classes after those that a model has; raise BadInput where it doesn't end in one linear layer.

    Random numbers are drawn from the seeded generator.
    """
    layer = _require_layer(model)
    sources = [_kin(model.labels, label) for label in new]
    with torch.no_grad():
        means = torch.cat([_mean(layer.weight, rows) for rows in sources])
        _replace(layer, [layer.weight, means + _draw(model, *means.shape).to(means)], "weight")
        if layer.bias is not None:
            _replace(layer, [layer.bias, *(_mean(layer.bias, rows) for rows in sources)], "bias")
    layer.out_features = len(layer.weight)
    name_labels(model, (*model.labels, *new))
    _check_width(task, model)
    log.info("model.head_grown labels=%s", ",".join(new))


def renew_head(task: Classification, model: LoadedModel, labels: Sequence[str]) -> None:
    """Have the last layer start from scratch, for other classes; random numbers are drawn from the seeded generator."""
    if len(labels) < 2:
        raise BadInput(f"a classifier needs two labels or more, and the rows have {', '.join(labels) or 'none'}")
    layer = _require_layer(model)
    with torch.no_grad():
        _replace(layer, [_draw(model, len(labels), layer.in_features).to(layer.weight)], "weight")
        if layer.bias is not None:
            _replace(layer, [torch.zeros(len(labels)).to(layer.bias)], "bias")
    layer.out_features = len(labels)
    before = model.labels
    name_labels(model, labels)
    _check_width(task, model)
    log.warning("model.head_renewed: %s say nothing about %s", ",".join(before[:5]), ",".join(labels[:5]))


def _require_layer(model: LoadedModel) -> Any:
    layer = find_last_layer(model.network, len(model.labels))
    if layer is None:
        raise _refusal(model)
    return layer


def _refusal(model: LoadedModel) -> BadInput:
    kind = type(model.network).__name__
    return BadInput(f"dataset.newLabels=Extend: {kind} doesn't end in one linear layer, which alone can grow")


def _kin(labels: Sequence[str], new: str) -> list[int]:
    """Return the classes that a new one is made of: all, or those of its question; none of a new question."""
    columns = columns_by_question(labels)
    return list(columns.get(new.partition(SEPARATOR)[0], ())) if columns else list(range(len(labels)))


def _draw(model: LoadedModel, rows: int, width: int) -> Any:
    """Return random weights, (rows, width), as large as those that the network was initialized with."""
    deviation = getattr(model.network.config, "initializer_range", None) or STANDARD_DEVIATION
    return torch.empty(rows, width).normal_(std=deviation)


def _mean(weights: Any, rows: Sequence[int]) -> Any:
    """Return the mean of some rows, (1, width) of a matrix; zero of none."""
    return weights[list(rows)].mean(dim=0, keepdim=True) if rows else torch.zeros_like(weights[:1])


def _replace(layer: Any, parts: Sequence[Any], name: str) -> None:
    """Put rows in the place of a layer's weights; the layer itself stays, with all that is hooked to it."""
    setattr(layer, name, torch.nn.Parameter(torch.cat(list(parts)).contiguous()))


def _check_width(task: Classification, model: LoadedModel) -> None:
    """Raise BadInput where the layer wasn't the one that gives the logits: such as one of two heads."""
    model.network.eval()
    with refusing_model(model.folder), torch.no_grad():
        width = task.logits(model, [task.example()]).shape[-1]
    if width != len(model.labels):
        raise _refusal(model)
