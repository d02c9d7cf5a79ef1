"""Exact confidence bounds of a share, without scipy: these formulas are tested where only numpy is."""

import math
from collections.abc import Callable
from functools import lru_cache

HALVINGS = 45
TINY = 1e-300  # what stands for zero in a denominator
CLOSE = 1e-14


@lru_cache(maxsize=4096)
def lower_share(found: int, of: int, alpha: float) -> float:
    """Return the lower bound of a share of which so many of so many were found; at most `alpha` are above their share.

    C.J. Clopper and E.S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26 (1934): the share at which as many or more are found with a chance of `alpha`.
    """
    if found <= 0:
        return 0.0
    return bisect(lambda share: incomplete_beta(found, of - found + 1, share) > alpha, 0.0, 1.0)


def upper_share(found: int, of: int, alpha: float) -> float:
    """Return the upper bound of a share."""
    return 1 - lower_share(of - found, of, alpha)


def bisect(is_over: Callable[[float], bool], low: float, high: float, halvings: int = HALVINGS) -> float:
    """Return the largest number, nearly, of which `is_over` isn't true; it is true of all above it."""
    for _ in range(halvings):
        middle = (low + high) / 2
        low, high = (low, middle) if is_over(middle) else (middle, high)
    return low


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularized incomplete beta function, by its continued fraction (DLMF 8.17.22, Lentz's method).

    For whole numbers it is the chance of `a` or more successes in a + b - 1 draws.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(scale) / a / _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    value, upper, lower, step, change = 1.0, 1.0, 0.0, 0, 0.0
    while abs(change - 1) > CLOSE:
        step += 1
        term = _term(a, b, x, step)
        lower = 1 / (1 + term * lower or TINY)
        upper = 1 + term / upper or TINY
        change = upper * lower
        value *= change
    return value


def _term(a: float, b: float, x: float, step: int) -> float:
    half = step // 2
    if step % 2 == 0:
        return half * (b - half) * x / ((a + step - 1) * (a + step))
    return -(a + half) * (a + b + half) * x / ((a + step - 1) * (a + step))
