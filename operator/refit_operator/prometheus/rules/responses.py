"""What Prometheus' answers hold, as readings on the grid that was asked for.

Numbers are those that Prometheus writes: what Python alone takes for one, such as `1_0`, is none.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from math import nan
from typing import Annotated, Any

from pydantic import BaseModel, FailFast, Field, TypeAdapter

from refit_operator.prometheus.rules.reading import (
    UNBOUNDED,
    Bounds,
    MultipleSeries,
    NoData,
    NotANumber,
    Reading,
    read_number,
)

MOST_SERIES = 16_384
"""Series of an answer. No real ones are as many in the bytes that are read; empty ones are ten times that."""


class OffGrid(ValueError):
    """There are answers for times that weren't asked for."""


_Stamp = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|NaN|[-+]?Inf")


class _Series(BaseModel):
    values: Annotated[list[tuple[_Stamp, str]], FailFast()] = []
    histograms: Annotated[list[tuple[_Stamp, Any]], FailFast()] = []


class _Sample(BaseModel):
    value: tuple[_Stamp, str] | None = None  # absent where the sample is a histogram


class _LabelledSeries(_Series):
    metric: dict[str, str] = {}


# By the first error all is said: an answer of hundreds of thousands would have as many.
_Most = Field(max_length=MOST_SERIES)
_MATRIX = TypeAdapter(Annotated[list[_Series], _Most, FailFast()])
_LABELLED_MATRIX = TypeAdapter(Annotated[list[_LabelledSeries], _Most, FailFast()])
_VECTOR = TypeAdapter(Annotated[list[_Sample], _Most, FailFast()])
_SCALAR = TypeAdapter(tuple[_Stamp, str])


def read_matrix(result: object, times: Sequence[datetime], bounds: Bounds) -> tuple[Reading, ...]:
    """Give one reading for each time; raises OffGrid, or ValueError if the result is no matrix."""
    return _read_series(_MATRIX.validate_python(result), times, bounds)


def read_matrix_parts(
    result: object, times: Sequence[datetime], label: str, parts: Sequence[str]
) -> tuple[tuple[Reading, ...], ...]:
    """Give the readings of each part: of the series with that value of the label. Raises as `read_matrix` does."""
    found = _LABELLED_MATRIX.validate_python(result)
    return tuple(
        _read_series([series for series in found if series.metric.get(label) == part], times, UNBOUNDED)
        for part in parts
    )


def _read_series(found: Sequence[_Series], times: Sequence[datetime], bounds: Bounds) -> tuple[Reading, ...]:
    points: dict[int, list[float]] = defaultdict(list)
    for series in found:
        for stamp, text in series.values:
            points[round(stamp * 1000)].append(to_number(text))
        for stamp, _ in series.histograms:
            points[round(stamp * 1000)].append(nan)
    wanted = {milliseconds(time): time for time in times}
    if points.keys() - wanted.keys():
        raise OffGrid
    return tuple(read_point(points.get(stamp, []), time, bounds) for stamp, time in wanted.items())


def read_result(result: object, time: datetime, bounds: Bounds) -> Reading:
    """Give the reading of an instant query: a vector, or a bare [time, text] for a scalar or a string."""
    if isinstance(result, list) and result and not isinstance(result[0], dict):
        return _read_text(_SCALAR.validate_python(result)[1], time, bounds)
    samples = [sample.value for sample in _VECTOR.validate_python(result)]
    return read_point([nan if value is None else to_number(value[1]) for value in samples], time, bounds)


def milliseconds(time: datetime) -> int:
    """Count the milliseconds since 1970; Prometheus knows nothing finer."""
    return round(time.timestamp() * 1000)


def to_number(text: str) -> float:
    """Return the number; raises ValueError for what Prometheus doesn't write."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a number of Prometheus'")
    return float(text)


def _read_text(text: str, time: datetime, bounds: Bounds) -> Reading:
    try:
        return read_number(to_number(text), time, bounds)
    except ValueError:
        return NotANumber(time)


def read_point(values: list[float], time: datetime, bounds: Bounds) -> Reading:
    """Give the reading of what the series have at one time."""
    match values:
        case []:
            return NoData(time)
        case [value]:
            return read_number(value, time, bounds)
        case _:
            return MultipleSeries(len(values), time)
