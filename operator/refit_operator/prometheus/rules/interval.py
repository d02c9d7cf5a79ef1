"""How far from the true share a share of counted outcomes may well be: Clopper and Pearson's interval. Pure.

It is shown, and decides nothing: windows are read one after another, and their evidence is added up.
"""

from functools import lru_cache
from math import sqrt
from statistics import NormalDist

from refit_operator.prometheus.rules.binomial import lower_share, upper_share

RISK = 0.05
EXACT_UP_TO = 100_000
"""Outcomes; of more the exact bounds take longer than their difference from Wilson's, a ten thousandth, is worth."""


@lru_cache(maxsize=1024)
def interval(good: int, total: int) -> tuple[float, float]:
    """Return the bounds between which the true share lies, but for a risk of 5 %."""
    if total > EXACT_UP_TO:
        return _wilson(good / total, total)
    return lower_share(good, total, RISK / 2), upper_share(good, total, RISK / 2)


def _wilson(share: float, total: int) -> tuple[float, float]:
    """Return the normal distribution's bounds (Wilson, 1927)."""
    z = NormalDist().inv_cdf(1 - RISK / 2)
    middle = share + z * z / (2 * total)
    half = z * sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return (middle - half) / (1 + z * z / total), (middle + half) / (1 + z * z / total)
