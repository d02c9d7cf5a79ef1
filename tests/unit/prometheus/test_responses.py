"""Only a number that Prometheus writes, with its time, is a value."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import nan
from typing import Any

import pytest
from pydantic import ValidationError

from refit_operator.prometheus.rules.reading import UNBOUNDED, MultipleSeries, NoData, NotANumber, Reading, Value
from refit_operator.prometheus.rules.responses import MOST_SERIES, OffGrid, read_matrix, read_result

T = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = int(T.timestamp())

READ: dict[str, tuple[Any, Reading]] = {
    "a vector": ([{"metric": {}, "value": [STAMP, "0.8125"]}], Value(0.8125, T)),
    "a scalar": ([STAMP + 0.001, "-1e-05"], Value(-1e-05, T)),
    "a large number": ([{"value": [STAMP, "1.7976931348623157e+308"]}], Value(1.7976931348623157e308, T)),
    "a number beyond": ([{"value": [STAMP, "9" * 5000]}], NotANumber(T)),
    "NaN": ([{"value": [STAMP, "NaN"]}], NotANumber(T)),
    "an infinity": ([{"value": [STAMP, "+Inf"]}], NotANumber(T)),
    "a string": ([STAMP, "hello"], NotANumber(T)),
    "a string that Python takes for a number": ([STAMP, "1_0"], NotANumber(T)),
    "a histogram": ([{"metric": {}, "histogram": [STAMP, {}]}], NotANumber(T)),
    "nothing": ([], NoData(T)),
    "two": ([{"value": [STAMP, "1"]}, {"value": [STAMP, "1"]}], MultipleSeries(2, T)),
}


@pytest.mark.parametrize("name", READ)
def test_what_an_instant_query_gives(name: str) -> None:
    result, want = READ[name]
    assert read_result(result, T, UNBOUNDED) == want


POINTS: dict[str, list[Any]] = {
    "digits and a line between": [STAMP, "1_0"],
    "digits of another script": [STAMP, "\u0661"],
    "spaces": [STAMP, " 1 "],
    "Python's infinity": [STAMP, "infinity"],
    "a number instead of its text": [STAMP, 1],
    "a time in quotes": [f"{STAMP}", "1"],
    "a truth instead of a time": [True, "1"],
    "a time that is none": [nan, "1"],
    "a time without end": [10**400, "1"],
    "no time": ["1"],
}


@pytest.mark.parametrize("name", POINTS)
def test_what_is_no_point_is_no_value(name: str) -> None:
    with pytest.raises(ValueError):
        read_result([{"value": POINTS[name]}], T, UNBOUNDED)
    with pytest.raises(ValueError):
        read_matrix([{"values": [POINTS[name]]}], (T,), UNBOUNDED)


def test_an_answer_for_another_time_is_off_the_grid() -> None:
    assert read_matrix([{"values": [[STAMP, "1"]]}], (T,), UNBOUNDED) == (Value(1.0, T),)
    with pytest.raises(OffGrid):
        read_matrix([{"values": [[STAMP + 1, "1"]]}], (T,), UNBOUNDED)


READERS = (lambda found: read_matrix(found, (T,), UNBOUNDED), lambda found: read_result(found, T, UNBOUNDED))


@pytest.mark.parametrize("read", READERS)
def test_of_an_answer_that_is_none_the_first_error_is_enough(read: Callable[[object], object]) -> None:
    """An answer of half a megabyte of empty lists has 170,000, and each takes as much as a reading."""
    with pytest.raises(ValidationError) as caught:
        read([{"values": 1, "value": 1}] * 1000)
    assert caught.value.error_count() == 1


def test_of_a_series_that_is_none_the_first_error_is_enough() -> None:
    with pytest.raises(ValidationError) as caught:
        read_matrix([{"values": [[]] * 1000, "histograms": []}], (T,), UNBOUNDED)
    assert caught.value.error_count() == 2


@pytest.mark.parametrize("read", READERS)
def test_an_answer_of_more_series_than_fit_is_none(read: Callable[[object], object]) -> None:
    read([{}] * MOST_SERIES)
    with pytest.raises(ValidationError, match="at most 16384 items"):
        read([{}] * (MOST_SERIES + 1))
