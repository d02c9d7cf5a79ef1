"""How sure a gate has to be, and how many rows would make it so. Pure.

The judge computes the bounds of a difference from the pairs of answers, which it alone has; what is decided by them is
decided here.
"""

import math
from collections.abc import Iterable, Mapping
from statistics import NormalDist
from types import MappingProxyType

from refit_operator.api.run import RetrainRun

POWER = 0.8
"""With this chance a candidate that is as much better as this one seems is accepted on the number of rows named."""
RENEW_AFTER = 20
"""Gates after which a message asks for a new holdout."""
HOLDOUTS_KEPT = 20
"""Holdouts whose uses are in a judge's configuration, the newest ones."""
_NORMAL = NormalDist()
Uses = Mapping[str, int]
"""How many gates asked each holdout before, by its digest."""
NO_USES: Uses = MappingProxyType({})


def confidence_for(confidence: float, use: int) -> float:
    """Return the confidence of the use of a holdout with this number, from 1: all uses together err with the risk of
    `confidence`.

    The risks of 1, 1/4, 1/9, … add up to π²/6. The trainer's holdout_use.py has the source.
    """
    return 1 - (1 - confidence) * 6 / (math.pi * use) ** 2


def holdout_uses(runs: Iterable[RetrainRun], ordinal: int) -> Uses:
    """Return how many gates before this run asked each holdout, by digest: the runs that were pruned are in the count
    of those that came after them.
    """
    earlier = sorted((run for run in runs if run.spec.ordinal < ordinal), key=lambda run: run.spec.ordinal)
    uses: dict[str, int] = {}
    for run in earlier:
        digest, use = run.status.result.holdout_digest, run.status.result.holdout_use
        if digest:
            uses[digest] = max(use or 1, uses.pop(digest, 0) + 1)
    return dict(list(uses.items())[-HOLDOUTS_KEPT:])


def holm(p_values: Mapping[str, float], tests: int, risk: float) -> list[str]:
    """Return the claims that are refuted, the clearest first: any of them wrongly with the risk at most.

    S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6, 1979.
    `tests` is how many claims were tested, of which some may not be among these.
    """
    refuted: list[str] = []
    for name, p in sorted(p_values.items(), key=lambda item: item[1]):
        if p > risk / (max(tests, len(p_values)) - len(refuted)):
            break
        refuted.append(name)
    return refuted


def rows_needed(share: float, gap: float, confidence: float) -> int:
    """Return how many rows tell a gap, where models differ on this share of rows: (z + z of the power)² · share / gap².

    For a metric that isn't a share of rows, `share` is its variance by row.
    """
    both = _NORMAL.inv_cdf(confidence) + _NORMAL.inv_cdf(POWER)
    return math.ceil(both**2 * share / gap**2)


def variance_by_row(reach: float, rows: int, confidence: float) -> float:
    """Return a difference's variance by row from how far its bound is off on so many rows."""
    return rows * (reach / _NORMAL.inv_cdf(confidence)) ** 2 if confidence > 0.5 else 0.0
