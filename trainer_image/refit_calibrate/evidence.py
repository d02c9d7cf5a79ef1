"""The operator's rule for counted outcomes, and how long it takes to find a drop.

docs/concepts/evidence.md has the rule in words. The operator's package can't be imported here: both have to give the
numbers in tests/contract/evidence.json.
"""

from collections.abc import Sequence

import numpy as np

from refit_calibrate.probabilities import Array

ALTERNATIVES = 12
NEAREST = 0.005
"""How far the nearest lower accuracy lies below the threshold, where there is room for it."""
WINDOWS = 400
"""Windows that the operator looks back at; a drop that needs more isn't found."""
FEWEST_WINDOWS = 10
"""Between two false runs that are allowed: the operator refuses fewer."""
MOST_OF_A_WINDOW = float(np.log(100))
"""Logarithm of how much one window may say at most: a burst of one user is no drop."""
LARGEST_EXPONENT = 50.0
HALVINGS = 30
"""Of the interval in which an exponent is looked for."""


def alternatives_to(thresholds: Array) -> Array:
    """Return the accuracies below each threshold that are tried, nearest first, along a new last axis."""
    least = np.minimum(NEAREST, np.minimum(thresholds / 10, (1 - thresholds) / 2))[..., None]
    most = (thresholds / 2)[..., None]
    found: Array = thresholds[..., None] - least * (most / least) ** (np.arange(ALTERNATIVES) / (ALTERNATIVES - 1))
    return found


def needed_for(at_most: float, per: float, window: float) -> float:
    """Return the statistic that is a breach: windows in `per`, for each false run that is allowed in it."""
    return per / window / at_most


def log_statistics(windows: Sequence[tuple[int, int]], threshold: float, repeats: float = 1.0) -> list[float]:
    """Return the logarithm of the statistic after each window, given as good and all outcomes, of which `repeats` come
    together.
    """
    sums: Array = np.full(ALTERNATIVES, -np.inf)
    found: list[float] = []
    for good, total in windows:
        if total:
            sums = _next(sums, _factors(np.array(good), np.array(total), np.array(threshold), repeats))
        found.append(float(_log_mean(sums)))
    return found


def windows_until(accuracies: Array, thresholds: Array, labels: float, needed: float) -> Array:
    """Return the mean number of windows from a drop to the breach, for each accuracy and each threshold below it (one
    that broadcasts to the other); infinity where it is more than the operator looks back at.

    Every window is taken to have exactly the accuracy's share of right answers: the statistic then reaches `needed`
    within a window. A reading is made at its end, half a window later on average.
    """
    at, level = (np.ravel(each) for each in np.broadcast_arrays(accuracies, thresholds))
    found, wanted = np.full(at.shape, np.inf), np.log(needed)
    left = np.flatnonzero(at < level)
    factors = _factors(at[left] * labels, np.full(left.shape, float(labels)), level[left])
    sums, before = np.full(factors.shape, -np.inf), np.zeros(left.shape)
    for window in range(1, WINDOWS + 1):
        sums = _next(sums, factors)
        now = _log_mean(sums)
        reached = now >= wanted
        part = (wanted - before[reached]) / (now[reached] - before[reached])
        found[left[reached]] = window - 0.5 + part
        left, factors, sums, before = left[~reached], factors[~reached], sums[~reached], now[~reached]
    return found.reshape(np.broadcast_shapes(accuracies.shape, thresholds.shape))


def false_rate(accuracies: Array, thresholds: Array, needed: float) -> Array:
    """Return about how many breaches a window there are by chance, for each accuracy and each threshold that isn't
    above it (one that broadcasts to the other): at the threshold 1/needed, what is promised, and above it far fewer.

    With the exponent θ for which the mean of exp(θ·L) is 1, the chance that a sum of L ever reaches ln A is about A^-θ
    (H. Cramér, 1930). It is 1 at the threshold, for each alternative.
    """
    good, bad = accuracies[..., None], 1 - accuracies[..., None]
    level, lower = thresholds[..., None], alternatives_to(thresholds)
    up, down = np.log((1 - lower) / (1 - level)), np.log(lower / level)
    least, most = np.ones(np.broadcast_shapes(good.shape, lower.shape)), np.full((), LARGEST_EXPONENT)
    most = np.broadcast_to(most, least.shape).copy()
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        is_below = good * np.exp(middle * down) + bad * np.exp(middle * up) < 1
        least, most = np.where(is_below, middle, least), np.where(is_below, most, middle)
    rates: Array = np.exp(-least * np.log(needed * ALTERNATIVES)).sum(axis=-1)
    return rates


def _factors(right: Array, total: Array, thresholds: Array, repeats: float = 1.0) -> Array:
    """Return the logarithm of how many times likelier a window is at each alternative than at the threshold."""
    level, lower = thresholds[..., None], alternatives_to(thresholds)
    good, bad = right[..., None], (total - right)[..., None]
    said = good * np.log(lower / level) + bad * np.log((1 - lower) / (1 - level))
    found: Array = np.minimum(said / repeats, MOST_OF_A_WINDOW)
    return found


def _next(sums: Array, factors: Array) -> Array:
    """Return ln(exp(L)·(M + 1)) for ln M and L."""
    found: Array = factors + np.logaddexp(sums, 0)
    return found


def _log_mean(sums: Array) -> Array:
    found: Array = np.logaddexp.reduce(sums, axis=-1) - np.log(ALTERNATIVES)
    return found
