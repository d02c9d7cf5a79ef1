"""How strongly counted outcomes say that a metric is on the wrong side of its threshold. Pure.

A Shiryaev-Roberts e-detector (Shin, Ramdas, Rinaldo: "E-detectors: a nonparametric framework for sequential change
detection", NEJSDS 2023). With a threshold τ, of n outcomes of which k are right, for each alternative q < τ:

    L = k·ln(q/τ) + (n-k)·ln((1-q)/(1-τ))        the window's log-likelihood ratio
    M ← exp(min(L/c, ln 100))·(M + 1),  M = 0 before the first   a start at each window, added up

M is the sum, over all starts, of exp of what all windows from that start on say. The statistic is the mean of M over
the alternatives. While the chance that the next outcome is right, given all before it, is τ or more, exp(L) is 1 or
less on average, so that the statistic grows by 1 a window at most, and the mean number of windows before it first
reaches A is A or more. This is proved for c = 1, and needs neither independence nor a constant accuracy. Where right
answers come in groups, though, the chance falls below τ within one. So outcomes are discounted by c, how many come
together (`dispersion`), which is exact for groups of c equal answers, and for others right as far as the window's ratio
is nearly normal. What isn't normal is a group as large as a good part of a window: hence no window alone is more than
100 : 1. That the promise is kept with c measured is simulated, not proved (docs/benchmarks/decisions.md).

A window that was no reading, or without outcomes, says nothing and starts nothing: M stays. Windows before the first
that are left out only lower the statistic. An error rate is mirrored: n-k of n, and 1-τ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import accumulate
from math import exp, fsum, inf, log, nan

from refit_operator.prometheus.rules.dispersion import dispersion
from refit_operator.prometheus.rules.reading import Counts

ALTERNATIVES = 12
NEAREST = 0.005
"""How far from the threshold the nearest alternative is, where there is room for it: a smaller drop is found late."""

WINDOWS = 400
"""Windows that are looked back at: both counts of as many are an answer of less than SMALL_ANSWER bytes."""
FEWEST_WINDOWS = 10
"""Between two false runs that are allowed: with fewer, next to nothing would be evidence enough."""

MOST_OF_A_WINDOW = log(100)
"""How much a window says at most, however many outcomes it has: a burst in one is no breach."""

NONE = Counts(0, 0)
_LARGEST_LOG = 700.0
"""The largest number whose exponential is one."""


@dataclass(frozen=True)
class Evidence:
    """What the windows say together."""

    log_statistic: float = -inf
    """Natural logarithm of the statistic; -inf where no outcome was counted."""
    begun: int | None = None
    """The window with which the evidence began to rise: the likeliest start; None where no outcome was counted."""
    counts: Counts = NONE
    """The outcomes from that window on."""
    repeats: float = 1.0
    """How many outcomes come together, measured or known: so many count as one."""
    ceiling: float = 0.0
    """The most that the statistic of these windows can be, however many outcomes come together.

    With A for the sum of the factors L from a start on, that start adds exp(A/c) or less, since a window's limit only
    lowers it, and so max(1, exp(A)) or less for every c of 1 or more. A window on the good side of the threshold has no
    factor above 0: it raises the ceiling by 1 at most.
    """

    @property
    def value(self) -> float:
        """The share of good outcomes from that window on; nan where no outcome was counted."""
        return self.counts.good / self.counts.total if self.counts.total else nan

    def reaches(self, needed: float) -> bool:
        """Return whether the statistic is `needed` or more."""
        return self.log_statistic >= log(needed)


def needed_for(at_most: int, per: timedelta, window: timedelta) -> float:
    """Return the statistic A at which there are at most so many false alarms in that time: windows for each."""
    return per / window / at_most


def alternatives_to(threshold: float) -> tuple[float, ...]:
    """Return the accuracies below the threshold that are tried, nearest first; raises ValueError outside of (0, 1).

    Their distances grow by one factor, up to half of the threshold. Near 0 and 1 the nearest is nearer than NEAREST:
    at 0.999, half of the errors that are allowed.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"a threshold of counts lies between 0 and 1, not at {threshold}")
    least, most = min(NEAREST, threshold / 10, (1 - threshold) / 2), threshold / 2
    return tuple(threshold - least * (most / least) ** (step / (ALTERNATIVES - 1)) for step in range(ALTERNATIVES))


def log_odds(threshold: float, alternative: float) -> tuple[float, float]:
    """Return how much one right and one wrong outcome say: logarithms of how many times likelier they are."""
    return log(alternative / threshold), log((1 - alternative) / (1 - threshold))


def log_factor(counts: Counts, threshold: float, alternative: float) -> float:
    """Return L: the logarithm of how many times likelier the outcomes are at the alternative than at the threshold."""
    right, wrong = log_odds(threshold, alternative)
    return counts.good * right + (counts.total - counts.good) * wrong


def weigh(windows: Sequence[Counts | None], threshold: float, below: bool, repeats: float = 1.0) -> Evidence:
    """Return what windows say, oldest first; None is one that was no reading. Raises ValueError for the threshold.

    `repeats` is how many outcomes are known to come together; what is measured counts where it is more.
    """
    return _weigh(tuple(windows), threshold, below, repeats)


@lru_cache(maxsize=64)  # the steps of one reconciliation ask for the same
def _weigh(windows: tuple[Counts | None, ...], threshold: float, below: bool, repeats: float) -> Evidence:
    read = [(index, counts) for index, counts in enumerate(windows) if counts and counts.total]
    level, seen = _as_accuracy(threshold, below, [counts for _, counts in read])
    factors = _factors(seen, level)
    if not read:
        return Evidence(repeats=repeats)
    starts = [list(accumulate(row)) for row in factors]
    first = max(map(_rise, starts))[1]
    repeats = max(repeats, dispersion(seen, steady=first))
    since = [counts for _, counts in read[first:]]
    return Evidence(
        log_statistic=_log_mean([_log_of_starts(row, repeats) for row in factors]),
        begun=read[first][0],
        counts=Counts(sum(counts.good for counts in since), sum(counts.total for counts in since)),
        repeats=repeats,
        ceiling=fsum(map(_starts_add, starts)) / len(starts),
    )


def _factors(windows: Sequence[Counts], level: float) -> list[list[float]]:
    """Return a row for each alternative: L of each window, newest first."""
    sides = [(counts.good, counts.total - counts.good) for counts in reversed(windows)]
    odds = (log_odds(level, alternative) for alternative in alternatives_to(level))
    return [[right * if_right + wrong * if_wrong for right, wrong in sides] for if_right, if_wrong in odds]


def _rise(starts: Sequence[float]) -> tuple[float, int]:
    """Return the largest of the sums of L from a start on, and with which window it begins: there a drop began."""
    height = max(starts)
    return height, len(starts) - 1 - starts.index(height)


def _log_of_starts(factors: Sequence[float], repeats: float) -> float:
    """Return ln M: each start has been multiplied by all windows from its own on."""
    most = MOST_OF_A_WINDOW * repeats
    return _log_sum([start / repeats for start in accumulate([min(factor, most) for factor in factors])])


def _starts_add(starts: Sequence[float]) -> float:
    """Return what all starts add at most: those whose evidence fell count as 1."""
    return fsum([exp(min(height, _LARGEST_LOG)) if height > 0 else 1.0 for height in starts])


def _as_accuracy(threshold: float, below: bool, windows: Sequence[Counts]) -> tuple[float, Sequence[Counts]]:
    """Return the threshold and the windows as those of an accuracy: an error rate's mirrored."""
    if below:
        return threshold, windows
    return 1 - threshold, [Counts(counts.total - counts.good, counts.total) for counts in windows]


def _log_mean(logs: Sequence[float]) -> float:
    return _log_sum(logs) - log(len(logs))


def _log_sum(logs: Sequence[float]) -> float:
    """Return the logarithm of the sum of what these are the logarithms of."""
    top = max(logs)
    return top if top == -inf else top + log(fsum([exp(each - top) for each in logs]))
