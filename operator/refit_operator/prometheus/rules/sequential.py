"""Whether counted outcomes after a change are worse than before it, asked after each window. Pure.

Before it: a share with its confidence bounds. After it, two e-processes, each a mean over alternatives of likelihood
ratios (Ramdas, Grünwald, Vovk, Shafer: "Game-theoretic statistics and safe anytime-valid inference", Statistical
Science 38, 2023):

    worse       alternatives below (lower bound - drop), against that level
    not worse   alternatives above (upper bound - drop), against that level

What led to the change was chosen for being low: it may lower the lower bound, which only makes "worse" rarer, and never
the upper one.

While the chance that the next outcome is right, given all before it, isn't on an e-process's side of its level, it is 1
or less on average whenever it is read, so that it ever reaches 1 / r with a chance of r at most (Ville 1939). Half of
RISK goes to the bound of before, half to the e-process: each of both verdicts is wrong with a chance of RISK at most,
however often it is asked, and neither needs outcomes after the change to be independent or their share to be constant.

Outcomes that come together are discounted on both sides: with c, how many do, k/c of n/c (`dispersion`). It is measured
of the windows of both sides, each within its own: of the replaced model's as the run recorded them, and of those up to
the window that is judged, so that a verdict never depends on later ones. Few differences have a wide margin, and fewer
than two decide nothing. As with evidence, the promise is then simulated (docs/benchmarks/decisions.md), not proved. An
error rate is mirrored: n-k of n.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from itertools import accumulate
from math import ceil, exp, fsum, inf, log

from refit_operator.prometheus.rules.binomial import lower_share, upper_share
from refit_operator.prometheus.rules.dispersion import NO_SCATTER, Scatter, across, neighbours
from refit_operator.prometheus.rules.evidence import alternatives_to, log_factor
from refit_operator.prometheus.rules.reading import Counts

RISK = 0.01
"""The chance at most that a model is rolled back that isn't worse, and likewise that one that is worse is confirmed."""
CERTAIN = log(2 / RISK)
"""The logarithm of the evidence that decides."""


class Verdict(Enum):
    """What the outcomes say."""

    WORSE = auto()
    NOT_WORSE = auto()
    UNCERTAIN = auto()


@dataclass(frozen=True)
class Before:
    """The outcomes of before a change."""

    counts: Counts
    unselected: Counts
    """Those of them that weren't chosen for being low."""
    scatter: Scatter = NO_SCATTER
    """How much windows before the change differed from their neighbours."""
    repeats: float = 1.0
    """How many outcomes are known to come together."""


@dataclass(frozen=True)
class Comparison:
    """The verdict, and the outcomes that it rests on: those up to the first window at which it was certain."""

    verdict: Verdict
    counts: Counts
    repeats: float = 1.0
    """How many outcomes came together: so many counted as one."""


def compare(before: Before, after: Sequence[Counts], drop: float, below: bool) -> Comparison:
    """Return whether outcomes after a change are worse by more than `drop`; windows oldest first, below: accuracies."""
    asked = _Asked(before, drop, below)
    windows = [counts for counts in after if counts.total]
    sums = list(accumulate(windows, _add))
    for number, counts in enumerate(sums, start=1):
        if asked(counts, before.repeats) is Verdict.UNCERTAIN:
            continue  # measured, there can only be more that come together: it needn't be for this one
        repeats = _repeats(before, windows[:number])
        verdict = asked(counts, repeats) if repeats < inf else Verdict.UNCERTAIN
        if verdict is not Verdict.UNCERTAIN:
            return Comparison(verdict, counts, repeats)
    return Comparison(Verdict.UNCERTAIN, sums[-1] if sums else Counts(0, 0), _repeats(before, windows))


def _repeats(before: Before, windows: Sequence[Counts]) -> float:
    """Return how many outcomes come together by what is known after these windows: in tenths, above 10 in whole."""
    bound = (before.scatter + neighbours(windows)).bound()
    most = max(before.repeats, bound, across(windows))
    return most if most == inf else ceil(10 * most) / 10 if most < 10 else float(ceil(most))


@dataclass(frozen=True)
class _Asked:
    """Both questions, of all outcomes up to one window."""

    before: Before
    drop: float
    below: bool

    def __call__(self, after: Counts, repeats: float) -> Verdict:
        """Return the verdict where so many outcomes come together."""
        counts = _as_accuracy(after, self.below)
        low, _ = _bounds(_as_accuracy(self.before.counts, self.below), repeats)
        if _log_evidence(counts, low - self.drop, repeats) >= CERTAIN:
            return Verdict.WORSE
        _, high = _bounds(_as_accuracy(self.before.unselected, self.below), repeats)
        is_not = _log_evidence(_mirrored(counts), 1 - (high - self.drop), repeats) >= CERTAIN
        return Verdict.NOT_WORSE if is_not else Verdict.UNCERTAIN


@lru_cache(maxsize=256)
def _bounds(counts: Counts, repeats: float) -> tuple[float, float]:
    share = (counts.good / repeats, counts.total / repeats, RISK / 2)
    return lower_share(*share), upper_share(*share)


def _log_evidence(counts: Counts, level: float, repeats: float) -> float:
    """Return the logarithm of the evidence that the share is below the level.

    No share is below 0, and every share is below more than 1.
    """
    if not 0 < level < 1:
        return -inf if level <= 0 else inf
    logs = [log_factor(counts, level, q) / repeats for q in alternatives_to(level)]
    top = max(logs)
    return top + log(fsum(exp(each - top) for each in logs) / len(logs))


def _as_accuracy(counts: Counts, below: bool) -> Counts:
    return counts if below else _mirrored(counts)


def _mirrored(counts: Counts) -> Counts:
    return Counts(counts.total - counts.good, counts.total)


def _add(one: Counts, other: Counts) -> Counts:
    return Counts(one.good + other.good, one.total + other.total)
