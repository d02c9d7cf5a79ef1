"""The bounds of a difference in any metric, by simulation against what they promise."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from refit_trainer.comparison.bootstrap import Estimate, estimate

ALPHA = 0.05
Counts = NDArray[np.float64]
Whole = NDArray[np.int64]


def rate(errors: Counts, units: Counts) -> Callable[[Sequence[int]], float]:
    """Return the difference of two error rates over chosen rows; `errors` has a column for each model."""

    def difference(places: Sequence[int]) -> float:
        chosen = np.asarray(places)
        return float(np.subtract(*errors[chosen].sum(axis=0)) / units[chosen].sum())

    return difference


def word_errors(n: int, random: np.random.Generator, drop: float = 0.0) -> tuple[Counts, Counts]:
    """Draw utterances of very different lengths, each as hard for both models, and of some speaker's clarity."""
    units = random.integers(1, 30, n).astype(float)
    clarity = random.beta(1, 6, n)
    rates = np.stack([np.minimum(1, clarity + drop), clarity], axis=1)
    return random.binomial(units[:, None].astype(int), rates).astype(float), units


@pytest.mark.parametrize("n", [100, 400])
def test_word_error_rates_of_equally_good_models_are_seldom_told_apart(n: int) -> None:
    random, beyond = np.random.default_rng(n), 0
    for _ in range(300):
        errors, units = word_errors(n, random)
        found = estimate(range(n), rate(errors, units), draws=100)
        beyond += found.value - found.reach(ALPHA) > 0
    assert beyond / 300 <= ALPHA + 2.6 * math.sqrt(ALPHA * (1 - ALPHA) / 300)


def test_a_lower_word_error_rate_is_found() -> None:
    random, found = np.random.default_rng(1), []
    for _ in range(60):
        errors, units = word_errors(400, random, drop=0.03)
        found.append(estimate(range(400), rate(errors, units), draws=100))
    assert sum(one.value - one.reach(ALPHA) > 0 for one in found) >= 50


def macro_f1(truth: Whole, said: Whole, classes: int) -> float:
    cells = np.bincount(np.asarray(truth) * classes + np.asarray(said), minlength=classes**2).reshape(classes, classes)
    right, total = np.diag(cells), cells.sum(axis=0) + cells.sum(axis=1)
    return float(np.mean(2 * right[total > 0] / total[total > 0]))


@pytest.mark.parametrize("n", [100, 400])
def test_macro_f1_of_equally_good_models_is_seldom_told_apart(n: int) -> None:
    """Of three classes one is rare, which macro F1 makes as heavy as the others."""
    random, beyond = np.random.default_rng(n), 0
    for _ in range(200):
        truth = random.choice(3, n, p=[0.5, 0.4, 0.1])
        both = random.random((2, n)) < 0.85
        said = np.where(both, truth, (truth + random.integers(1, 3, (2, n))) % 3)

        def difference(places: Sequence[int], truth: Whole = truth, said: Whole = said) -> float:
            chosen = np.asarray(places)
            one, other = (macro_f1(truth[chosen], answers[chosen], 3) for answers in said)
            return one - other

        found = estimate(range(n), difference, draws=100)
        beyond += found.value - found.reach(ALPHA) > 0
    assert beyond / 200 <= ALPHA + 2.6 * math.sqrt(ALPHA * (1 - ALPHA) / 200)


def test_rows_of_one_input_are_one_draw() -> None:
    """Ten users of one history say no more than one of them: taken for ten, they'd be a third as uncertain."""
    random = np.random.default_rng(3)
    errors = np.repeat(random.integers(0, 2, (100, 2)), 10, axis=0).astype(float)
    difference = rate(errors, np.ones(1000))
    by_input = estimate([n // 10 for n in range(1000)], difference, draws=200)
    by_row = estimate(range(1000), difference, draws=200)
    assert (by_input.inputs, by_row.inputs) == (100, 1000)
    assert by_input.deviation == pytest.approx(math.sqrt(10) * by_row.deviation, rel=0.2)


def test_the_same_rows_have_the_same_bounds() -> None:
    errors, units = word_errors(50, np.random.default_rng(5))
    first, second = (estimate(range(50), rate(errors, units), draws=50) for _ in range(2))
    assert first == second


def test_inputs_that_happen_to_agree_rule_nothing_out() -> None:
    assert Estimate(0.0, 0.0, 200).reach(ALPHA) == pytest.approx(2.7055 / 200, rel=1e-4)


@pytest.mark.parametrize("unit", [1e-5, 1e5])
def test_an_error_that_is_no_share_has_the_same_bounds_in_every_unit(unit: float) -> None:
    errors, units = word_errors(80, np.random.default_rng(7))
    share = estimate(range(80), rate(errors, units), draws=50)
    scaled = estimate(range(80), lambda places: unit * rate(errors, units)(places), 50, unit)
    assert scaled.reach(ALPHA) == pytest.approx(unit * share.reach(ALPHA))
    worse = Estimate(-8 * unit, 2 * unit, 150, unit)
    assert worse.drop_p_value(3 * unit, True) == pytest.approx(Estimate(-8, 2, 150).drop_p_value(3, True))


@pytest.mark.parametrize(("value", "is_higher_better"), [(-0.08, True), (0.08, False)])
def test_a_p_value_is_the_risk_at_which_the_bound_meets_the_limit(value: float, is_higher_better: bool) -> None:
    found = Estimate(value, 0.02, 150)
    p = found.drop_p_value(0.03, is_higher_better)
    assert 0.001 < p < 0.05
    assert 0.08 - found.reach(p) == pytest.approx(0.03, abs=1e-9)
    assert found.drop_p_value(0.09, is_higher_better) == 1.0
    assert found.drop_p_value(0.0, not is_higher_better) == 1.0
