"""The bounds of a paired difference: against sums of the binomial, and by simulation against what they promise."""

import math
from fractions import Fraction

import numpy as np
import pytest

from refit_trainer.comparison.binomial import incomplete_beta, lower_share, upper_share
from refit_trainer.comparison.pairs import Pairs, drop_p_value, lower_bound, upper_bound

ALPHA = 0.05


def tail(found: int, of: int, share: Fraction) -> float:
    """Return the chance of as many or more, summed exactly."""
    return float(sum(math.comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(found, of + 1)))


@pytest.mark.parametrize(("found", "of"), [(1, 1), (1, 20), (7, 20), (20, 20), (60, 100), (3, 400), (397, 400)])
@pytest.mark.parametrize("percent", [1, 30, 50, 97])
def test_the_incomplete_beta_function_sums_the_binomial(found: int, of: int, percent: int) -> None:
    want = tail(found, of, Fraction(percent, 100))
    assert incomplete_beta(found, of - found + 1, percent / 100) == pytest.approx(want, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(0, 10, 0.0, 0.25887), (5, 10, 0.22244, 0.77756), (10, 10, 0.74113, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_bounds_of_a_share_are_those_of_the_tables(found: int, of: int, low: float, high: float) -> None:
    assert lower_share(found, of, ALPHA) == pytest.approx(low, abs=1e-5)
    assert upper_share(found, of, ALPHA) == pytest.approx(high, abs=1e-5)


@pytest.mark.parametrize(("gained", "lost"), [(20, 8), (16, 8), (15, 9), (14, 14), (5, 0), (4, 0), (10, 3)])
def test_over_zero_the_bound_is_mcnemars_exact_test(gained: int, lost: int) -> None:
    p = tail(gained, gained + lost, Fraction(1, 2))
    assert (lower_bound(Pairs(gained, lost, 500), ALPHA) > 0) is (p <= 0.9 * ALPHA)


def test_the_bounds_lie_on_both_sides_and_mirror_each_other() -> None:
    pairs = Pairs(30, 18, 400)
    low, high = lower_bound(pairs, ALPHA), upper_bound(pairs, ALPHA)
    assert low < 12 / 400 < high
    assert (low, high) == (-upper_bound(pairs.mirrored, ALPHA), -lower_bound(pairs.mirrored, ALPHA))
    assert lower_bound(pairs, 0.001) < low


def test_models_that_never_differ_may_still_differ_a_little() -> None:
    assert lower_bound(Pairs(0, 0, 200), ALPHA) == pytest.approx(math.expm1(math.log(0.005) / 200), abs=1e-9)


def drawn(n: int, gained: float, lost: float, times: int) -> list[Pairs]:
    random = np.random.default_rng(n)
    counts = random.multinomial(n, [gained, lost, 1 - gained - lost], times)
    return [Pairs(int(one), int(other), n) for one, other, _ in counts]


@pytest.mark.parametrize("n", [100, 1000])
@pytest.mark.parametrize(
    ("gained", "lost"), [(0.05, 0.05), (0.02, 0.02), (0.1, 0.02), (0.02, 0.06), (0.2, 0.0), (0.0, 0.05), (0.15, 0.15)]
)
def test_a_bound_is_above_the_truth_no_more_often_than_promised(n: int, gained: float, lost: float) -> None:
    found = [lower_bound(pairs, ALPHA) > gained - lost for pairs in drawn(n, gained, lost, 200)]
    assert sum(found) / 200 <= ALPHA + 2.6 * math.sqrt(ALPHA * (1 - ALPHA) / 200)


@pytest.mark.parametrize(
    ("n", "gained", "lost", "least"),
    [(100, 0.2, 0.05, 0.75), (200, 0.1, 0.02, 0.8), (1000, 0.065, 0.035, 0.85), (5000, 0.055, 0.045, 0.65)],
)
def test_a_better_candidate_is_found(n: int, gained: float, lost: float, least: float) -> None:
    found = [lower_bound(pairs, ALPHA) > 0 for pairs in drawn(n, gained, lost, 200)]
    assert sum(found) / 200 >= least


def test_a_p_value_is_the_risk_at_which_the_bound_meets_the_limit() -> None:
    pairs = Pairs(4, 24, 200)
    p = drop_p_value(pairs, 0.02)
    assert 0.0001 < p < 0.05
    assert upper_bound(pairs, p * 1.001) < -0.02 < upper_bound(pairs, p * 0.999)
    assert drop_p_value(pairs, 0.15) == 1.0


@pytest.mark.parametrize("n", [30, 200])
def test_p_values_of_a_drop_at_the_limit_are_as_rare_as_they_say(n: int) -> None:
    found = [drop_p_value(pairs, 0.02) for pairs in drawn(n, 0.05, 0.07, 60)]
    for p in (0.01, 0.05, 0.2):
        assert sum(value <= p for value in found) / 60 <= p + 2.6 * math.sqrt(p * (1 - p) / 60)
