"""Both sides of the gate together, by simulation: how often it errs, and what it finds."""

import math
from typing import Any

import numpy as np
import pytest

from refit_operator.api.reasons import Reason
from refit_operator.api.training import GateSpec
from refit_operator.run.rules import certainty
from refit_operator.run.rules.gate import Verdict, judge
from refit_operator.run.rules.gate_case import Case
from refit_operator.run.rules.views.reports import JudgeReport
from refit_trainer.comparison.holdout_use import confidence_for
from refit_trainer.comparison.pairs import Pairs, drop_p_value, lower_bound, upper_bound
from tests.support.samples import NEW_DIGEST, OLD_DIGEST

RISK = 0.05


def most(times: int, risk: float = RISK) -> float:
    """Return the share that an event of this risk may seem to have: 2.6 standard errors."""
    return risk + 2.6 * math.sqrt(risk * (1 - risk) / times)


def bounds_of(pairs: Pairs, alpha: float) -> dict[str, float]:
    return {"low": lower_bound(pairs, alpha), "high": upper_bound(pairs, alpha)}


def verdict(pairs: Pairs, use: int = 1, slices: dict[str, Pairs] | None = None, **gate: Any) -> Verdict:
    alpha = 1 - confidence_for(0.95, use)
    gain = (pairs.gained - pairs.lost) / pairs.rows
    report = {
        "candidate": {"digest": NEW_DIGEST, "metrics": {"accuracy": 0.5 + gain}},
        "served": {"digest": OLD_DIGEST, "metrics": {"accuracy": 0.5}},
        "rows": pairs.rows,
        "difference": {"value": gain, "confidence": 1 - alpha, "method": "exact McNemar", **bounds_of(pairs, alpha)},
        "slices": {
            name: {"candidate": 0.5, "served": 0.5, "rows": part.rows}
            | {"difference": {"p": drop_p_value(part, gate["maxSliceDrop"]), **bounds_of(part, alpha)}}
            for name, part in (slices or {}).items()
        },
    }
    spec = GateSpec.model_validate({"minRows": 30} | gate)
    return judge(Case(spec, JudgeReport.model_validate(report), True, NEW_DIGEST, frozenset(), use))


def drawn(random: np.random.Generator, rows: int, gained: float, lost: float) -> Pairs:
    one, other, _ = random.multinomial(rows, [gained, lost, 1 - gained - lost])
    return Pairs(int(one), int(other), rows)


def accepted(seed: int, times: int, rows: int, gained: float, lost: float, **gate: Any) -> float:
    random = np.random.default_rng(seed)
    passed = [verdict(drawn(random, rows, gained, lost), **gate).accepted for _ in range(times)]
    return passed.count(True) / times


def test_both_sides_spend_the_same_risk() -> None:
    for use in (1, 2, 7, 100):
        assert confidence_for(0.95, use) == certainty.confidence_for(0.95, use)


@pytest.mark.parametrize("rows", [100, 500, 5000])
@pytest.mark.parametrize("share", [0.02, 0.1])
def test_an_equally_good_candidate_seldom_passes(rows: int, share: float) -> None:
    assert accepted(rows, 300, rows, share / 2, share / 2) <= most(300)


@pytest.mark.parametrize("rows", [200, 1000])
def test_one_as_much_worse_as_is_tolerated_seldom_passes(rows: int) -> None:
    gate = {"accept": "NotWorse", "tolerance": 0.02}
    assert accepted(rows, 300, rows, 0.04, 0.06, **gate) <= most(300)


@pytest.mark.parametrize(
    ("rows", "gained", "lost", "gate", "least"),
    [
        (100, 0.22, 0.04, {}, 0.8),
        (500, 0.08, 0.03, {}, 0.8),
        (2500, 0.06, 0.04, {}, 0.8),
        (2000, 0.04, 0.04, {"accept": "NotWorse", "tolerance": 0.02}, 0.75),
    ],
)
def test_a_good_candidate_passes(rows: int, gained: float, lost: float, gate: dict[str, Any], least: float) -> None:
    assert accepted(rows, 150, rows, gained, lost, **gate) >= least


@pytest.mark.parametrize("count", [1, 10, 50])
def test_no_slice_of_an_equally_good_candidate_drops(count: int) -> None:
    """By their numbers alone 95 of 100 such candidates lost more than 0.02 in one of ten slices of 100 rows."""
    random, refused, times = np.random.default_rng(count), 0, 100
    for _ in range(times):
        slices = {f"s{n}": drawn(random, 100, 0.05, 0.05) for n in range(count)}
        better = Pairs(60 * count, 10, 100 * count)
        refused += verdict(better, slices=slices, maxSliceDrop=0.02).reason is Reason.SLICE_REGRESSED
    assert refused / times <= most(times)


def test_a_slice_that_drops_is_found() -> None:
    random, found = np.random.default_rng(4), 0
    for _ in range(50):
        slices = {f"s{n}": drawn(random, 200, 0.05, 0.05) for n in range(9)} | {"bad": drawn(random, 200, 0.02, 0.2)}
        found += "slice bad" in verdict(Pairs(300, 10, 2000), slices=slices, maxSliceDrop=0.02).message
    assert found >= 45


def test_a_hundred_gates_on_one_holdout_err_no_more_often_than_one() -> None:
    """Of equally good candidates, tried until one passes: with the risk of a first gate each, most holdouts let one."""
    random, times, rows = np.random.default_rng(9), 100, 200
    fooled = naive = 0
    for _ in range(times):
        tried = [drawn(random, rows, 0.05, 0.05) for _ in range(100)]
        fooled += any(verdict(pairs, use).accepted for use, pairs in enumerate(tried, start=1))
        naive += any(lower_bound(pairs, RISK) > 0 for pairs in tried)
    assert fooled / times <= most(times)
    assert naive / times > 0.9
