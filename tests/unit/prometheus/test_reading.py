from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import get_args

import pytest

from refit_operator.prometheus.rules.reading import (
    Bounds,
    FailureKind,
    MultipleSeries,
    NoData,
    NotANumber,
    OutOfRange,
    QueryFailed,
    Reading,
    Stale,
    TooFewSamples,
    Value,
    describe,
    read_number,
    reason_of,
)

T = datetime(2026, 1, 1, tzinfo=UTC)

SENTENCES: list[tuple[Reading, str, str]] = [
    (Value(0.8125, T), "Value", "the value is 0.8125"),
    (NoData(T), "NoData", "no data: the query returned nothing"),
    (
        NotANumber(T),
        "NotANumber",
        "not a number: the query returned NaN, an infinity, a string or a histogram",
    ),
    (OutOfRange(1.5, T), "OutOfRange", "out of range: 1.5 is outside the metric's bounds"),
    (
        MultipleSeries(3, T),
        "MultipleSeries",
        "multiple series: the query returned 3 series, and one is needed; aggregate them",
    ),
    (Stale(timedelta(minutes=5), T), "Stale", "stale: the newest sample behind the value is 300 s old"),
    (Stale(None, T), "Stale", "stale: there is no recent sample behind the value"),
    (TooFewSamples(12.0, T), "TooFewSamples", "too few samples: only 12 stand behind the value"),
    (
        QueryFailed(FailureKind.Timeout, "it didn't answer in time", T),
        "QueryFailed",
        "the query failed (Timeout): it didn't answer in time",
    ),
]


@pytest.mark.parametrize(("reading", "reason", "sentence"), SENTENCES)
def test_each_reading_has_its_reason_and_sentence(reading: Reading, reason: str, sentence: str) -> None:
    assert (reason_of(reading), describe(reading)) == (reason, sentence)


def test_the_table_has_every_reading() -> None:
    assert {type(reading) for reading, _, _ in SENTENCES} == set(get_args(Reading))


@pytest.mark.parametrize(
    ("number", "bounds", "want"),
    [
        (0.5, (0.0, 1.0), Value(0.5, T)),
        (0.0, (0.0, 1.0), Value(0.0, T)),
        (1.0, (0.0, 1.0), Value(1.0, T)),
        (1.01, (0.0, 1.0), OutOfRange(1.01, T)),
        (-0.01, (0.0, 1.0), OutOfRange(-0.01, T)),
        (7.0, (0.0, None), Value(7.0, T)),
        (-7.0, (None, None), Value(-7.0, T)),
        (nan, (None, None), NotANumber(T)),
        (inf, (None, None), NotANumber(T)),
        (-inf, (0.0, 1.0), NotANumber(T)),
    ],
)
def test_a_number_is_a_value_only_if_finite_and_within_bounds(number: float, bounds: Bounds, want: Reading) -> None:
    assert read_number(number, T, bounds) == want
