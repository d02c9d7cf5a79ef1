"""The interval of a share: against sums of the binomial, and in the words that a reading is described by."""

from datetime import UTC, datetime
from fractions import Fraction
from math import comb

import pytest

from refit_operator.prometheus.rules.interval import interval
from refit_operator.prometheus.rules.reading import Counts, Value, describe

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def as_many_or_more(found: int, of: int, share: float) -> float:
    """Return the chance of it, summed exactly."""
    exact = Fraction(share)
    return float(sum(comb(of, k) * exact**k * (1 - exact) ** (of - k) for k in range(found, of + 1)))


@pytest.mark.parametrize(("good", "total"), [(1, 1), (1, 20), (7, 20), (19, 20), (162, 200), (3, 400), (397, 400)])
def test_the_bounds_are_where_as_much_has_a_chance_of_half_the_risk(good: int, total: int) -> None:
    low, high = interval(good, total)
    assert low < good / total <= high
    assert as_many_or_more(good, total, low) == pytest.approx(0.025, rel=1e-2)
    if good < total:
        assert as_many_or_more(total - good, total, 1 - high) == pytest.approx(0.025, rel=1e-2)


@pytest.mark.parametrize(
    ("good", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.30850),
        (5, 10, 0.18709, 0.81291),
        (10, 10, 0.69150, 1.0),
        (0, 0, 0.0, 1.0),
        (81_000, 100_000, 0.80755, 0.81243),
        (81_001, 100_001, 0.80756, 0.81242),
        (810_000, 1_000_000, 0.80923, 0.81077),
        (0, 10**6, 0.0, 0.0),
        (10**18, 10**18, 1.0, 1.0),
    ],
)
def test_the_bounds_are_those_of_the_tables(good: int, total: int, low: float, high: float) -> None:
    assert interval(good, total) == pytest.approx((low, high), abs=1e-5)


def test_a_reading_of_counts_says_how_sure_it_is() -> None:
    said = describe(Value(0.81, NOW, Counts(162, 200)))
    assert said == "the value is 0.81, 162 of 200 outcomes (95 % interval 0.749 to 0.862)"
    many = describe(Value(0.8125, NOW, Counts(812_500, 1_000_000)))
    assert many == "the value is 0.8125, 812,500 of 1,000,000 outcomes (95 % interval 0.812 to 0.813)"


def test_one_of_a_query_is_said_as_it_is() -> None:
    assert describe(Value(0.81, NOW)) == "the value is 0.81"
