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
from math import fsum, sqrt

from refit_operator.prometheus.rules.reading import Counts

BLOCKS = (2, 4, 8, 16)
"""The larger blocks, in windows."""
WINDOWS_FOR_A_BLOCK = 4
"""Times its size, so many windows must have been read before a larger block counts."""
CLEARLY = 1.5
"""By so many standard errors more than blocks of 1 a larger block must show to count."""
MARGIN, MARGIN_OF_BLOCKS = 1.5, 2.0
"""Standard errors that are added: for blocks of 1, and for larger ones."""


@dataclass(frozen=True)
class _Scatter:
    """The squared differences of neighbouring blocks of one size, as multiples of what independent outcomes give."""

    block: int
    squares: Sequence[float]

    @property
    def mean(self) -> float:
        return fsum(self.squares) / len(self.squares)

    @property
    def expected_error(self) -> float:
        """The standard error of the mean as a share of it, if the ratios are normal: blocks overlap."""
        return sqrt(3 * self.block / len(self.squares))

    def upper(self, margin: float) -> float:
        """Return the mean and a margin: of the error that was found where that is larger, as by a few large groups."""
        mean = self.mean
        variance = fsum((each - mean) ** 2 for each in self.squares) / len(self.squares)
        found = sqrt(1.5 * self.block * variance / len(self.squares))
        return mean + margin * max(found, mean * self.expected_error)


def dispersion(windows: Sequence[Counts], steady: int) -> float:
    """Return c of windows that have outcomes, oldest first: 1 or more, and 1 where nothing differs.

    `steady` is how many of them are before a drop may have begun.
    """
    return max(1.0, _within(windows), _across(windows[:steady]))


def _within(windows: Sequence[Counts]) -> float:
    spread = _spread(windows)
    return _scatter(windows, 1, spread).upper(MARGIN) if spread and len(windows) > 1 else 0.0


def _across(windows: Sequence[Counts]) -> float:
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


def _scatter(windows: Sequence[Counts], block: int, spread: float) -> _Scatter:
    return _Scatter(block, [square / spread for square in _squares(windows, block)])


def _squares(windows: Sequence[Counts], block: int) -> Iterator[float]:
    """Yield (x - y)² / (1/n + 1/m) of all neighbouring blocks."""
    good = [0, *accumulate(window.good for window in windows)]
    total = [0, *accumulate(window.total for window in windows)]
    for middle in range(block, len(windows) - block + 1):
        before, after = middle - block, middle + block
        n, m = total[middle] - total[before], total[after] - total[middle]
        difference = (good[middle] - good[before]) / n - (good[after] - good[middle]) / m
        yield difference**2 / (1 / n + 1 / m)
