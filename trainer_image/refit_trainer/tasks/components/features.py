"""Features of a table's rows: which there are, and each row as numbers.

A column whose values are all numbers, in CSV too, is one of numbers; any other one is of names, which stand for their
places in the sorted order. What is missing, and a name that wasn't there when the model learnt, is NaN.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refit_trainer.contract.errors import BadInput
from refit_trainer.tasks.components.numbers import read_number

MOST_NAMES = 1000
"""Different names in one column: beyond, it is text or an id, which tells trees nothing."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A column; `names` are its values in order, None where they are numbers."""

    column: str
    names: tuple[str, ...] | None = None

    def encode(self, value: Any) -> float:
        """Return a value as a number, NaN where there is none."""
        if self.names is None:
            number = _number(value)
            return math.nan if number is None else number
        return float(self.names.index(str(value))) if value is not None and str(value) in self.names else math.nan


def find_features(rows: Sequence[Mapping[str, Any]]) -> tuple[Feature, ...]:
    """Return the features that rows have, by column in sorted order; raise BadInput for one with too many names."""
    columns = sorted({column for row in rows for column in row})
    return tuple(_find_feature(column, [row.get(column) for row in rows]) for column in columns)


def encode_rows(features: Sequence[Feature], rows: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
    """Return a matrix, (rows, features)."""
    numbers = [[feature.encode(row.get(feature.column)) for feature in features] for row in rows]
    return np.asarray(numbers, np.float32).reshape(len(rows), len(features))


def check_features(value: Any) -> str | None:
    """Return what is wrong with a row's features."""
    if not isinstance(value, Mapping) or not value:
        return f"features is {value!r:.80}, not an object of values by column"
    odd = next(
        (column for column, one in value.items() if not (one is None or isinstance(one, (str, int, float)))), None
    )
    if odd is not None:
        return f"features has {value[odd]!r:.80} in the column {odd!r:.80}, not a number, a text, true or false"
    if all(one is None for one in value.values()):
        return "features has no value in any column"
    return None


def _find_feature(column: str, values: Sequence[Any]) -> Feature:
    given = [value for value in values if value is not None]
    if all(_number(value) is not None for value in given):
        return Feature(column)
    names = tuple(sorted({str(value) for value in given}))
    if len(names) > MOST_NAMES:
        raise BadInput(
            f'column "{column}" has {len(names)} different texts, more than {MOST_NAMES}: it is no feature of a table; '
            "leave it out of the rows"
        )
    return Feature(column, names)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, bool) else read_number(value)
