"""How many labels it takes until a drop is seen: by the operator's evidence, and by a plain confidence interval. Pure.

Labels come in windows of 25, after 40 windows of the accuracy before; one false run is promised in 30 days of windows
of five minutes.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta

from refit_operator.prometheus.rules.binomial import incomplete_beta, upper_share
from refit_operator.prometheus.rules.evidence import needed_for, weigh
from refit_operator.prometheus.rules.interval import RISK
from refit_operator.prometheus.rules.reading import Counts

BELOW = 0.02
"""How far below the accuracy before the threshold is."""
PER_WINDOW, WINDOWS_BEFORE = 25, 40
MOST = 2000
"""Labels; a drop that needs more isn't waited for."""
POWER = 0.8
NEEDED = needed_for(1, timedelta(days=30), timedelta(minutes=5))


def draw_outcomes(draw: random.Random, accuracy: float, count: int) -> list[bool]:
    """Return whether each of so many answers is right, at random."""
    return [draw.random() < accuracy for _ in range(count)]


def labels_until_evidence(before: Sequence[bool], after: Sequence[bool], threshold: float) -> int | None:
    """Return how many of the later outcomes are labelled when the evidence is enough; None where it never is."""
    windows = list(_windows(before))
    for number, window in enumerate(_windows(after), start=1):
        windows.append(window)
        if weigh(windows, threshold, below=True).reaches(NEEDED):
            return number * PER_WINDOW
    return None


def labels_until_interval(true: float, threshold: float) -> int | None:
    """Return of how many labels a 95 % interval, taken once, is below the threshold with a chance of 80 %."""
    for count in range(PER_WINDOW, MOST + 1, PER_WINDOW):
        most = _most_below(count, threshold)
        if most >= 0 and 1 - incomplete_beta(most + 1, count - most, true) >= POWER:
            return count
    return None


def _most_below(count: int, threshold: float) -> int:
    """Return the most right answers of so many of which the interval is below the threshold; -1 where not even 0 is."""
    low, high = -1, count
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if upper_share(middle, count, RISK / 2) < threshold else (low, middle)
    return low


def _windows(outcomes: Sequence[bool]) -> Iterator[Counts]:
    for begin in range(0, len(outcomes) - PER_WINDOW + 1, PER_WINDOW):
        yield Counts(sum(outcomes[begin : begin + PER_WINDOW]), PER_WINDOW)
