"""How far from the true share a share of counted outcomes may well be: Clopper and Pearson's exact interval. Pure.

C.J. Clopper and E.S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 26 (1934). Each bound is the share at which so many or more, or fewer, outcomes have a chance of half the
risk. It is shown, and decides nothing: windows are read one after another, and their evidence is added up.
"""

from functools import lru_cache
from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist

RISK = 0.05
EXACT_UP_TO = 100_000
"""Outcomes; of more the exact bounds take longer than their difference from Wilson's, a ten thousandth, is worth."""
HALVINGS = 20
"""Of the distance between 0 and 1: to a millionth."""
CLOSE = 1e-9
TINY = 1e-300
"""What stands for zero in a denominator."""


@lru_cache(maxsize=1024)
def interval(good: int, total: int) -> tuple[float, float]:
    """Return the bounds between which the true share lies, but for a risk of 5 %."""
    if total > EXACT_UP_TO:
        return _wilson(good / total, total)
    return _lower(good, total), 1 - _lower(total - good, total)


def _wilson(share: float, total: int) -> tuple[float, float]:
    """Return the normal distribution's bounds (Wilson, 1927)."""
    z = NormalDist().inv_cdf(1 - RISK / 2)
    middle = share + z * z / (2 * total)
    half = z * sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return (middle - half) / (1 + z * z / total), (middle + half) / (1 + z * z / total)


def _lower(found: int, of: int) -> float:
    low, high = 0.0, found / of if of else 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _as_many_or_more(found, of, middle) > RISK / 2 else (middle, high)
    return low


def _as_many_or_more(found: int, of: int, share: float) -> float:
    """Return the chance of it: the regularized incomplete beta function, by its continued fraction (DLMF 8.17.22)."""
    a, b = found, of - found + 1
    if not 0 < share < 1:
        return float(share >= 1)
    if share > (a + 1) / (a + b + 2):
        return 1 - _below(b, a, 1 - share)
    return _below(a, b, share)


def _below(a: int, b: int, x: float) -> float:
    scale = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    return exp(scale) / a / _fraction(a, b, x)


def _fraction(a: int, b: int, x: float) -> float:
    """Return the continued fraction, by Lentz's method."""
    value, upper, lower, step, change = 1.0, 1.0, 0.0, 0, 0.0
    while abs(change - 1) > CLOSE:
        step += 1
        term = _term(a, b, x, step)
        lower = 1 / (1 + term * lower or TINY)
        upper = 1 + term / upper or TINY
        change = upper * lower
        value *= change
    return value


def _term(a: int, b: int, x: float, step: int) -> float:
    half = step // 2
    if step % 2 == 0:
        return half * (b - half) * x / ((a + step - 1) * (a + step))
    return -(a + half) * (a + b + half) * x / ((a + step - 1) * (a + step))
