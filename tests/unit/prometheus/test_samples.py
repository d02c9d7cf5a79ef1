"""The counts behind the values of a query that says how many outcomes each is the share of."""

from datetime import UTC, datetime

import pytest

from refit_operator.prometheus.rules.counting import with_counts
from refit_operator.prometheus.rules.reading import (
    Counts,
    NoData,
    NotANumber,
    OutOfRange,
    Reading,
    TooFewSamples,
    Value,
)

T = datetime(2026, 1, 1, tzinfo=UTC)
ROWS: dict[str, tuple[Reading, Reading, bool, Reading]] = {
    "whole numbers": (Value(0.8, T), Value(200, T), True, Value(0.8, T, Counts(160, 200))),
    "what arithmetic leaves": (Value(0.7, T), Value(10, T), True, Value(0.7, T, Counts(7, 10))),
    "extrapolated counts, rounded to the good side": (
        Value(0.5, T),
        Value(9.5, T),
        True,
        Value(0.5, T, Counts(5, 9)),
    ),
    "likewise of an error rate": (Value(0.5, T), Value(9.5, T), False, Value(0.5, T, Counts(4, 9))),
    "a value outside": (Value(1.2, T), Value(200, T), True, OutOfRange(1.2, T)),
    "a value below nothing": (Value(-0.1, T), Value(200, T), True, OutOfRange(-0.1, T)),
    "no outcomes": (Value(0.8, T), Value(0, T), True, TooFewSamples(0, T)),
    "fewer than none": (Value(0.8, T), Value(-3, T), True, TooFewSamples(-3, T)),
    "no count": (Value(0.8, T), NoData(T), True, NoData(T)),
    "no value": (NotANumber(T), Value(200, T), True, NotANumber(T)),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_value_and_its_samples(name: str) -> None:
    value, samples, below, want = ROWS[name]
    assert with_counts([value], [samples], below) == (want,)
