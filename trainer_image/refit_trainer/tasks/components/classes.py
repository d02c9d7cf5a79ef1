"""Labels of classifiers whatever their inputs are: the check of one, and the measures of many."""

from collections.abc import Sequence
from typing import Any

from sklearn.metrics import accuracy_score, f1_score, recall_score

from refit_trainer.tasks.components.names import check_name, is_known


def check_label(value: Any, labels: Sequence[str] | None) -> str | None:
    """Return what is wrong with a label; any is right where `labels` is None."""
    if is_known(value, None if labels is None else tuple(labels)):
        return None
    if problem := check_name(value):
        return f"label is {value!r:.80}, {problem}"
    return None if labels is None else f"unknown label {str(value)!r}; the model knows {', '.join(labels)}"


def measure_classes(
    truth: Sequence[str], found: Sequence[str], counted: frozenset[str] | None = None
) -> dict[str, float]:
    """Return accuracy, and F1 and recall as means over the classes; `counted`: over these alone."""
    classes = None if counted is None else sorted(counted & {*truth, *found})
    means = {"labels": classes, "average": "macro", "zero_division": 0}
    return {
        "accuracy": float(accuracy_score(truth, found)),
        "macro_f1": float(f1_score(truth, found, **means)),
        "recall": float(recall_score(truth, found, **means)),
    }
