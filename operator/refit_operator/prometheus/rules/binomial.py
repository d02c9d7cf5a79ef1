"""Exact confidence bounds of a share. Pure.

C.J. Clopper and E.S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 26 (1934). The counts need not be whole: those that are discounted aren't.
"""

from math import exp, lgamma, log, log1p

HALVINGS = 45
_TINY = 1e-300
"""What stands for zero in a denominator."""
_CLOSE = 1e-14


def lower_share(found: float, of: float, risk: float) -> float:
    """Return the share at which so many of so many, or more, are found with a chance of `risk`."""
    if found <= 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if incomplete_beta(found, of - found + 1, middle) > risk else (middle, high)
    return low


def upper_share(found: float, of: float, risk: float) -> float:
    """Return the share at which so many of so many, or fewer, are found with a chance of `risk`."""
    return 1 - lower_share(of - found, of, risk)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularized incomplete beta function, by its continued fraction (DLMF 8.17.22, Lentz's method).

    For whole numbers it is the chance of `a` or more successes in a + b - 1 draws.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    scale = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
    return exp(scale) / a / _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    value, upper, lower, step, change = 1.0, 1.0, 0.0, 0, 0.0
    while abs(change - 1) > _CLOSE:
        step += 1
        term = _term(a, b, x, step)
        lower = 1 / (1 + term * lower or _TINY)
        upper = 1 + term / upper or _TINY
        change = upper * lower
        value *= change
    return value


def _term(a: float, b: float, x: float, step: int) -> float:
    half = step // 2
    if step % 2 == 0:
        return half * (b - half) * x / ((a + step - 1) * (a + step))
    return -(a + half) * (a + b + half) * x / ((a + step - 1) * (a + step))
