"""What an answer for one time holds, told apart by labels: for answers of thousands of series. Pure.

It takes what `responses` takes and refuses what that refuses, in one loop without models of its parts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import nan

from refit_operator.prometheus.rules.reading import UNBOUNDED, NoData, Reading
from refit_operator.prometheus.rules.responses import MOST_SERIES, OffGrid, milliseconds, read_point, to_number

Key = tuple[str, ...]
"""A tag, and the values of the labels that are told apart by."""
Points = dict[Key, list[float]]


def read_points(result: object, time: datetime, tag: str, labels: Mapping[str, Sequence[str]]) -> Points:
    """Return what the series have at the time, by their tag and by the values of that tag's labels.

    Series with another tag are nobody's. Raises OffGrid, or any of what a malformed answer raises.
    """
    if type(result) is not list or len(result) > MOST_SERIES:
        raise ValueError("no matrix, or one of too many series")
    wanted, points = milliseconds(time), Points()
    for series in result:
        metric, found = series.get("metric", {}), _numbers(series, wanted)
        for value in metric.values():
            if type(value) is not str:
                raise ValueError("a label's value is no text")
        part = metric.get(tag, "")
        if part in labels and found:
            key = (part, *[metric.get(label, "") for label in labels[part]])
            points[key] = points[key] + found if key in points else found
    return points


def _numbers(series: dict[str, object], wanted: int) -> list[float]:
    found = []
    for kind in series.keys() & {"values", "histograms"}:
        pairs = series[kind]
        if type(pairs) is not list:
            raise ValueError("no list of points")
        for stamp, value in pairs:
            if type(stamp) is not float and type(stamp) is not int:
                raise ValueError("a time is no number")
            if round(stamp * 1000) != wanted:
                raise OffGrid
            found.append(_number(value) if kind == "values" else nan)
    return found


def _number(text: object) -> float:
    if type(text) is not str:
        raise ValueError("a value is no text")
    return to_number(text)


def reading_of(points: Points, key: Key, time: datetime) -> Reading:
    """Return the reading of one key."""
    found = points.get(key)
    return read_point(found, time, UNBOUNDED) if found else NoData(time)
