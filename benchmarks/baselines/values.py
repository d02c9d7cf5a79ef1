"""What an answer of Prometheus says of one model."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

Value = float | None


def only_value(result: Sequence[dict[str, Any]]) -> Value:
    """Return the value of an instant query with one series; None for any other answer, and for what is no number."""
    if len(result) != 1:
        return None
    value = float(result[0]["value"][1])
    return value if isfinite(value) else None
