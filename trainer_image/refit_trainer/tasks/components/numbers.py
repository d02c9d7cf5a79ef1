"""Numbers as answers: how they are read, their scale, and how far off they are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Scale:
    """Where the numbers of some rows lie: their mean, and their standard deviation."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Scale":
        """Return the scale of some numbers; that of equal ones has the deviation 1."""
        return cls(float(np.mean(numbers)), float(np.std(numbers)) or 1.0)

    def shrink(self, number: float) -> float:
        """Return a number as so many deviations from the mean."""
        return (number - self.mean) / self.deviation

    def grow(self, number: float) -> float:
        """Return the number that is so many deviations from the mean."""
        return number * self.deviation + self.mean


def read_number(value: Any) -> float | None:
    """Return a finite number, which may be written as text, as in CSV; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def measure_numbers(true: Sequence[float], found: Sequence[float]) -> dict[str, float]:
    """Return R², the mean absolute error and the root mean squared error.

    R² is 1 less the squared errors' share of the squared distances from the mean; where all true numbers are equal it
    is 1 if each was met, else 0.
    """
    truth, errors = np.asarray(true, float), np.asarray(found, float) - np.asarray(true, float)
    squares, spread = float((errors**2).sum()), float(((truth - truth.mean()) ** 2).sum())
    r2 = 1 - squares / spread if spread > 0 else float(squares == 0)
    return {"r2": r2, "mae": float(np.abs(errors).mean()), "rmse": math.sqrt(squares / len(truth))}
