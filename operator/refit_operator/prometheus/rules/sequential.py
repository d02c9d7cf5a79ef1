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

Outcomes that come in clusters are discounted: with c, the variance that windows have over that of independent outcomes,
c of them count as one. An error rate is mirrored: n-k of n.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from math import exp, fsum, inf, log

from refit_operator.prometheus.rules.binomial import lower_share, upper_share
from refit_operator.prometheus.rules.evidence import alternatives_to, log_factor
from refit_operator.prometheus.rules.reading import Counts

RISK = 0.01
"""The chance at most that a model is rolled back that isn't worse, and likewise that one that is worse is confirmed."""


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


@dataclass(frozen=True)
class Comparison:
    """The verdict, and the outcomes that it rests on: those up to the first window at which it was certain."""

    verdict: Verdict
    counts: Counts


def compare(before: Before, after: Sequence[Counts], drop: float, below: bool, discount: float = 1.0) -> Comparison:
    """Return whether outcomes after a change are worse by more than `drop`; windows oldest first, below: accuracies."""
    windows = [_as_accuracy(counts, below) for counts in after]
    low, _ = _bounds(_as_accuracy(before.counts, below), discount)
    _, high = _bounds(_as_accuracy(before.unselected, below), discount)
    worse = _log_evidence(windows, low - drop, discount)
    not_worse = _log_evidence([_mirrored(counts) for counts in windows], 1 - (high - drop), discount)
    certain = log(2 / RISK)
    for place, (against, for_it) in enumerate(zip(worse, not_worse, strict=True), start=1):
        if against >= certain or for_it >= certain:
            return Comparison(Verdict.WORSE if against >= certain else Verdict.NOT_WORSE, _sum(after[:place]))
    return Comparison(Verdict.UNCERTAIN, _sum(after))


def _bounds(counts: Counts, discount: float) -> tuple[float, float]:
    share = (counts.good / discount, counts.total / discount, RISK / 2)
    return lower_share(*share), upper_share(*share)


def _log_evidence(windows: Sequence[Counts], level: float, discount: float) -> Iterator[float]:
    """Yield after each window the logarithm of the evidence that the share is below the level.

    No share is below 0, and every share is below more than 1.
    """
    if not 0 < level < 1:
        yield from (-inf if level <= 0 else inf for _ in windows)
        return
    alternatives = alternatives_to(level)
    sums = [0.0] * len(alternatives)
    for counts in windows:
        sums = [sum_ + log_factor(counts, level, q) / discount for sum_, q in zip(sums, alternatives, strict=True)]
        top = max(sums)
        yield top + log(fsum(exp(each - top) for each in sums) / len(sums))


def _as_accuracy(counts: Counts, below: bool) -> Counts:
    return counts if below else _mirrored(counts)


def _mirrored(counts: Counts) -> Counts:
    return Counts(counts.total - counts.good, counts.total)


def _sum(windows: Sequence[Counts]) -> Counts:
    return Counts(sum(counts.good for counts in windows), sum(counts.total for counts in windows))
