"""Gates on the answers of two models: the judge's bounds of their difference, the operator's verdict, its chances."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from math import exp, lgamma, log, sqrt
from typing import Any

from refit_operator.api.training import GateSpec
from refit_operator.run.rules.certainty import confidence_for
from refit_operator.run.rules.gate import Verdict, judge
from refit_operator.run.rules.gate_case import Case
from refit_operator.run.rules.views.reports import JudgeReport
from refit_trainer.comparison.binomial import incomplete_beta
from refit_trainer.comparison.bootstrap import Estimate
from refit_trainer.comparison.difference import BOOTSTRAP, EXACT, Difference
from refit_trainer.comparison.pairs import Pairs, drop_p_value, lower_bound, upper_bound
from tests.support.samples import NEW_DIGEST, OLD_DIGEST

SERVED = 0.5
"""The served model's number; only the difference counts."""
FAR = 6
"""Standard deviations beyond which a number of rows is left out: the chance of all these is about 1e-9."""


@dataclass(frozen=True)
class Rule:
    """What a monitor's gate asks for."""

    margin: float = 0.0
    tolerance: float = 0.0
    max_slice_drop: float | None = None
    metric: str = "accuracy"
    by_number: bool = False
    """The judge reports no bounds, as before it knew any."""

    @property
    def limit(self) -> float:
        """The gain that a candidate has to exceed."""
        return -self.tolerance if self.tolerance else self.margin


@lru_cache
def _spec(rule: Rule) -> GateSpec:
    accept = "NotWorse" if rule.tolerance else "Better"
    numbers = {"margin": rule.margin, "tolerance": rule.tolerance, "maxSliceDrop": rule.max_slice_drop}
    return GateSpec.model_validate({"metric": rule.metric, "minRows": 30, "accept": accept, **numbers})


def risk_of(use: int) -> float:
    """Return the risk that the operator allows the gate with this number on a holdout."""
    return 1 - confidence_for(GateSpec().confidence, use)


def verdict(pairs: Pairs, rule: Rule, use: int = 1, slices: Mapping[str, Pairs] | None = None) -> Verdict:
    """Return what the operator says to what the judge would report of rows that are right or wrong."""
    alpha, gain = risk_of(use), (pairs.gained - pairs.lost) / pairs.rows
    found = Difference(gain, lower_bound(pairs, alpha), upper_bound(pairs, alpha), 1 - alpha, EXACT, pairs.differing)
    parts = {name: _slice(part, rule, alpha) for name, part in (slices or {}).items()}
    return _judged(found, pairs.rows, rule, use, parts)


def measured_verdict(found: Estimate, rule: Rule) -> Verdict:
    """Return what the operator says to a difference whose bounds are the bootstrap's."""
    reach = found.reach(risk_of(1))
    bounds = Difference(found.value, found.value - reach, found.value + reach, 1 - risk_of(1), BOOTSTRAP)
    return _judged(bounds, found.inputs, rule, 1, {})


def _judged(found: Difference, rows: int, rule: Rule, use: int, slices: Mapping[str, Any]) -> Verdict:
    report: dict[str, Any] = {
        "candidate": {"digest": NEW_DIGEST, "metrics": {rule.metric: SERVED + found.value}},
        "served": {"digest": OLD_DIGEST, "metrics": {rule.metric: SERVED}},
        "rows": rows,
        "slices": slices,
        "difference": None if rule.by_number else found.report(),
    }
    return judge(Case(_spec(rule), JudgeReport.model_validate(report), True, NEW_DIGEST, frozenset(), use))


def _slice(part: Pairs, rule: Rule, alpha: float) -> Mapping[str, Any]:
    gain = (part.gained - part.lost) / part.rows
    numbers = {"candidate": SERVED + gain, "served": SERVED, "rows": part.rows}
    return numbers if rule.by_number else {**numbers, "difference": _slice_difference(part, rule.max_slice_drop, alpha)}


@cache
def _slice_difference(part: Pairs, limit: float | None, alpha: float) -> Mapping[str, Any]:
    p = None if limit is None else drop_p_value(part, limit)
    low, high = lower_bound(part, alpha), upper_bound(part, alpha)
    return Difference(0.0, low, high, 1 - alpha, EXACT, drop_p=p).report_slice()


@cache
def least_gained(rows: int, differing: range, rule: Rule, use: int = 1) -> list[int]:
    """Return how many of the rows that one model alone has right have to be the candidate's for the gate to accept,
    for each number of these: one more than there are where none is enough. Of more rows never fewer are.
    """
    found: list[int] = []
    for number in differing:
        beginning = (
            found[-1] if found else bisect_left(range(number + 1), True, key=partial(_accepts, rows, number, rule, use))
        )
        found.append(
            next(
                (gained for gained in range(beginning, number + 1) if _accepts(rows, number, rule, use, gained)),
                number + 1,
            )
        )
    return found


def _accepts(rows: int, differing: int, rule: Rule, use: int, gained: int) -> bool:
    return verdict(Pairs(gained, differing - gained, rows), rule, use).accepted


def chance(rows: int, share: float, gain: float, rule: Rule) -> float:
    """Return how likely the gate accepts: summed over all answers, not simulated.

    `share` is that of rows that one model alone has right, `gain` by how much the candidate is truly the better one.
    """
    lean, off = (1 + gain / share) / 2, FAR * sqrt(rows * share * (1 - share)) + FAR
    differing = range(max(0, int(rows * share - off)), min(rows, int(rows * share + off)) + 1)
    least = least_gained(rows, differing, rule)
    return sum(likelihood(n, rows, share) * at_least(k, n, lean) for n, k in zip(differing, least, strict=True))


def likelihood(found: int, of: int, share: float) -> float:
    """Return how likely exactly so many are drawn."""
    ways = lgamma(of + 1) - lgamma(found + 1) - lgamma(of - found + 1)
    return exp(ways + found * log(share) + (of - found) * log(1 - share))


def at_least(found: int, of: int, share: float) -> float:
    """Return how likely so many or more are drawn."""
    if found <= 0 or found > of:
        return float(found <= 0)
    return incomplete_beta(found, of - found + 1, share)
