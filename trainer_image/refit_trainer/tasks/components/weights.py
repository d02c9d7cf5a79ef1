"""How much a row counts in the loss: by its own weight, and by how rare its class is.

With w the rows' weights, y their classes, W the sum of all weights, W_k that of class k, and K classes that have any:
c_k = W / (K W_k), so that every class counts alike (the rule of scikit-learn's "balanced"). A row counts
v_i = w_i c_{y_i} n / W over n rows, whose mean is 1, and the loss of a batch of B rows is the mean of v_i CE_i: B, not
the sum of its weights, is the divisor, so that shares of a batch on several machines add up to the whole one.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.distinct import DistinctRows
from refit_trainer.data.stored_rows import store

WEIGHT = "weight"
"""The role of the column with the rows' weights."""


def read_weight(value: Any) -> float:
    """Return a row's weight, 1 where it has none; raise ValueError where it is no number from 0 on, or infinite."""
    if value is None:
        return 1.0
    if isinstance(value, (bool, bytes)):
        raise ValueError
    weight = float(value)
    if not 0 <= weight < math.inf:
        raise ValueError
    return weight


def check_weight(value: Any) -> str | None:
    """Say what is wrong with a row's weight."""
    try:
        read_weight(value)
    except (TypeError, ValueError, OverflowError):
        return f"weight is {value!r:.80}, not a finite number of 0 or more"
    return None


def weigh_rows(rows: DistinctRows, balanced: bool, columns: Mapping[str, str]) -> DistinctRows:
    """Return the rows with what they count as their weights; raise BadInput where no row counts.

    Of several questions a row has no one class, so that such rows are refused.
    """
    given, classes, is_named = list[float](), list[str](), False
    for row in rows.rows:
        label, weight = row.values["label"], row.values.get(WEIGHT)
        if isinstance(label, dict):
            raise BadInput(
                "dataset.classWeights, dataset.columns.weight: labels that answer several questions have none"
            )
        given.append(read_weight(weight))
        classes.append(sys.intern(str(label)))
        is_named = is_named or weight is not None
    if WEIGHT in columns and not is_named:
        raise BadInput(f'every row: column "{columns[WEIGHT]}" (weight) is missing')
    counts = normalize(given, classes, balanced)
    weighed = (replace(row, values={**row.values, WEIGHT: count}) for row, count in zip(rows.rows, counts, strict=True))
    return replace(rows, rows=store(weighed))


def normalize(weights: Sequence[float], classes: Sequence[str], balanced: bool) -> list[float]:
    """Return how much each row counts, 1 in the mean; raise BadInput where every weight is 0."""
    total = math.fsum(weights)
    if total <= 0:
        raise BadInput(f"dataset.columns.weight: the weights of all {len(weights)} rows are 0")
    by_class = _class_weights(weights, classes, total) if balanced else {}
    return [
        weight * by_class.get(name, 1.0) * len(weights) / total for weight, name in zip(weights, classes, strict=True)
    ]


def _class_weights(weights: Sequence[float], classes: Sequence[str], total: float) -> dict[str, float]:
    own: dict[str, list[float]] = {}
    for weight, name in zip(weights, classes, strict=True):
        own.setdefault(name, []).append(weight)
    sums = {name: found for name, parts in own.items() if (found := math.fsum(parts)) > 0}
    return {name: total / (len(sums) * found) for name, found in sums.items()}


def weighted_loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
    """Return the mean of weight times cross-entropy over a batch's rows, as the Trainer asks for it.

    `labels` is (rows, 2): the class's number, and what the row counts. `num_items_in_batch` counts both, of the batches
    of all processes: the Trainer multiplies by the number of processes what it divides by that.
    """
    from torch.nn.functional import cross_entropy

    entropy = cross_entropy(outputs.logits.float(), labels[:, 0].long(), reduction="none")
    rows = len(labels) if num_items_in_batch is None else num_items_in_batch / 2
    return (labels[:, 1] * entropy).sum() / rows
