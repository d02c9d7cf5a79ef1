from datetime import UTC, datetime, timedelta

import pytest

from refit_operator.prometheus.rules.reading import (
    FailureKind,
    NoData,
    OutOfRange,
    QueryFailed,
    Reading,
    Stale,
    TooFewSamples,
    Value,
)
from refit_operator.prometheus.rules.validity import demand_fresh, demand_samples

T = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = Value(0.9, T)
FAILED = QueryFailed(FailureKind.Timeout, "late", T)


@pytest.mark.parametrize(
    ("reading", "age", "want"),
    [
        (GOOD, Value(120.0, T), GOOD),
        (GOOD, Value(121.0, T), Stale(timedelta(seconds=121), T)),
        (GOOD, NoData(T), Stale(None, T)),
        (GOOD, FAILED, FAILED),
        (NoData(T), Value(500.0, T), NoData(T)),
        (OutOfRange(2.0, T), NoData(T), OutOfRange(2.0, T)),
    ],
)
def test_only_fresh_values_pass(reading: Reading, age: Reading, want: Reading) -> None:
    assert demand_fresh((reading,), (age,), timedelta(minutes=2)) == (want,)


@pytest.mark.parametrize(
    ("reading", "count", "want"),
    [
        (GOOD, Value(200.0, T), GOOD),
        (GOOD, Value(199.5, T), TooFewSamples(199.5, T)),
        (GOOD, NoData(T), TooFewSamples(0.0, T)),
        (GOOD, FAILED, FAILED),
        (NoData(T), Value(0.0, T), NoData(T)),
    ],
)
def test_only_values_with_samples_behind_them_pass(reading: Reading, count: Reading, want: Reading) -> None:
    assert demand_samples((reading,), (count,), 200) == (want,)


def test_windows_of_different_length_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        demand_fresh((GOOD, GOOD), (GOOD,), timedelta(minutes=2))
