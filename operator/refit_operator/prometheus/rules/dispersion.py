"""How many outcomes tend to come together with the same answer, measured from windows of counts. Pure.

One label for ten equal requests, a user who sends the same again, an answer that follows the one before: the ratios of
windows then scatter more than those of independent outcomes. By how many times as much is the dispersion c of
quasi-likelihood (McCullagh, Nelder: "Generalized Linear Models", 1989, 4.5); n outcomes say as much as n/c independent
ones. It is taken from successive differences (von Neumann 1941), to which a drop of the accuracy adds one, not all:

    c(b) = mean of (x - y)² / (p(1-p)·(1/n + 1/m))

over all neighbouring blocks of b windows with ratios x, y of n, m outcomes; p is the ratio of all. Blocks of 1 show
groups within a window. Larger ones show what spans windows, and scatter more themselves; they count only where they are
clearly larger, and only of windows before a drop may have begun: it would be in many of their differences. To each is
added a margin of its own standard errors, wide while windows are few, since evidence that is overstated breaks a
promise, and evidence that is understated is only later.

Not seen: groups that last longer than the largest blocks, which can't be told from a drop, and groups so rare that none
was in the windows yet. Who knows of these says so in `metric.ratio.repeats`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import fsum, inf, sqrt

from refit_operator.prometheus.rules.reading import Counts

BLOCKS = (2, 4, 8, 16)
"""The larger blocks, in windows."""
WINDOWS_FOR_A_BLOCK = 4
"""Times its size, so many windows must have been read before a larger block counts."""
CLEARLY = 1.5
"""By so many standard errors more than blocks of 1 a larger block must show to count."""
MARGIN, MARGIN_OF_BLOCKS = 1.5, 2.0
"""Standard errors that are added: for blocks of 1, and for larger ones."""
NOTABLE = 1.5
"""From so many outcomes together on, a message says it."""


@dataclass(frozen=True)
class Scatter:
    """The squared differences of neighbouring blocks of one size, as multiples of what independent outcomes give."""

    number: int = 0
    mean: float = 0.0
    square: float = 0.0
    """The mean of their squares."""
    block: int = 1

    @property
    def expected_error(self) -> float:
        """The standard error of the mean as a share of it, if the ratios are normal: blocks overlap."""
        return sqrt(3 * self.block / self.number)

    def upper(self, margin: float) -> float:
        """Return the mean and a margin: of the error that was found where that is larger, as by a few large groups.

        0 where there were no differences.
        """
        if not self.number:
            return 0.0
        mean, variance = self.mean, max(0.0, self.square - self.mean**2)
        found = sqrt(1.5 * self.block * variance / self.number)
        return mean + margin * max(found, mean * self.expected_error)

    def bound(self) -> float:
        """Return c with a margin for few differences, too: inf where these are too few for any.

        Their mean is about as a chi-squared with 2/3 of their number, whose quantile this is (Wilson, Hilferty 1931).
        """
        part = 3 * self.block / (9 * self.number) if self.number else inf
        root = 1 - part - MARGIN * sqrt(part)
        return max(self.upper(MARGIN), self.mean / root**3) if root > 0 else inf

    def __add__(self, other: "Scatter") -> "Scatter":
        """Return the differences of both, each within its own windows."""
        number = self.number + other.number
        if not number:
            return self
        mine, others = self.number / number, other.number / number
        mean, square = mine * self.mean + others * other.mean, mine * self.square + others * other.square
        return Scatter(number, mean, square, self.block)


NO_SCATTER = Scatter()


def dispersion(windows: Sequence[Counts], steady: int) -> float:
    """Return c of windows that have outcomes, oldest first: 1 or more, and 1 where nothing differs.

    `steady` is how many of them are before a drop may have begun.
    """
    return max(1.0, neighbours(windows).upper(MARGIN), across(windows[:steady]))


def worth(total: int, repeats: float) -> str:
    """Return how many independent outcomes say as much, in words after "outcomes"; empty where about as many."""
    if repeats == inf:
        return ", in too few windows to tell how many come together,"
    return f", worth {int(total / repeats):,} independent ones," if repeats >= NOTABLE else ""


def neighbours(windows: Sequence[Counts]) -> Scatter:
    """Return what blocks of 1 show of windows that have outcomes, oldest first."""
    spread = _spread(windows)
    return _scatter(windows, 1, spread) if spread and len(windows) > 1 else NO_SCATTER


def across(windows: Sequence[Counts]) -> float:
    """Return the largest c of the larger blocks that are clearly larger than that of blocks of 1; 0 where none is."""
    spread = _spread(windows)
    known = [block for block in BLOCKS if len(windows) >= WINDOWS_FOR_A_BLOCK * block]
    if not (spread and known):
        return 0.0
    nearest = _scatter(windows, 1, spread).mean
    found = [_scatter(windows, block, spread) for block in known]
    clear = [each for each in found if each.mean > nearest * (1 + CLEARLY * each.expected_error)]
    return max((each.upper(MARGIN_OF_BLOCKS) for each in clear), default=0.0)


def _spread(windows: Sequence[Counts]) -> float:
    """Return the variance of one outcome, p(1-p); 0 where all are the same, or none."""
    good, total = sum(window.good for window in windows), sum(window.total for window in windows)
    return good / total * (1 - good / total) if total else 0.0


def _scatter(windows: Sequence[Counts], block: int, spread: float) -> Scatter:
    squares = [square / spread for square in _squares(windows, block)]
    number = len(squares)
    return Scatter(number, fsum(squares) / number, fsum(each**2 for each in squares) / number, block)


def _squares(windows: Sequence[Counts], block: int) -> Iterator[float]:
    """Yield (x - y)² / (1/n + 1/m) of all neighbouring blocks."""
    good = [0, *accumulate(window.good for window in windows)]
    total = [0, *accumulate(window.total for window in windows)]
    for middle in range(block, len(windows) - block + 1):
        before, after = middle - block, middle + block
        n, m = total[middle] - total[before], total[after] - total[middle]
        difference = (good[middle] - good[before]) / n - (good[after] - good[middle]) / m
        yield difference**2 / (1 / n + 1 / m)
