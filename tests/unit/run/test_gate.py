"""Each check of the gate, alone; what none refuses is accepted."""

from dataclasses import replace
from typing import Any

import pytest

from refit_operator.api.reasons import Reason
from refit_operator.api.training import GateSpec
from refit_operator.run.rules.gate import CHECKS, judge
from refit_operator.run.rules.gate_case import Case
from refit_operator.run.rules.views.reports import JudgeReport
from tests.support.checks import first_answer, reason_of
from tests.support.samples import NEW_DIGEST, OLD_DIGEST


def case(
    candidate: float = 0.9,
    served: float | None = 0.8,
    rows: int = 500,
    gate: dict[str, Any] | None = None,
    metric: str = "accuracy",
    slices: dict[str, Any] | None = None,
    directions: dict[str, str] | None = None,
    distinct: int | None = None,
    difference: dict[str, Any] | None = None,
    slice_count: int | None = None,
    new_labels: dict[str, Any] | None = None,
    **more: Any,
) -> Case:
    report: dict[str, Any] = {
        "candidate": {"digest": NEW_DIGEST, "metrics": {metric: candidate}},
        "rows": rows,
        "slices": slices or {},
        "directions": directions or {},
        "distinct": distinct,
        "difference": difference,
        "sliceCount": slice_count,
        "newLabels": new_labels,
    }
    if served is not None:
        report["served"] = {"digest": OLD_DIGEST, "metrics": {metric: served}}
    facts: dict[str, Any] = {
        "has_served": served is not None,
        "trained_digest": NEW_DIGEST,
        "rolled_back": frozenset(),
    } | more
    spec = GateSpec.model_validate({"metric": metric} | (gate or {}))
    return Case(gate=spec, report=JudgeReport.model_validate(report), **facts)


def slice_of(candidate: float, served: float | None, rows: int = 100) -> dict[str, Any]:
    return {"tweets": {"candidate": candidate, "served": served, "rows": rows}}


FIRST = 0.969603645
"""The confidence of the first gate on a holdout, for gate.confidence 0.95."""


def bounds(low: float, high: float, value: float = 0.02, confidence: float = FIRST, **more: Any) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "confidence": confidence, "method": "exact McNemar", **more}


def slices_of(**p_values: float) -> dict[str, Any]:
    """Return slices of 100 rows with these p-values; by its number each loses more than it may."""
    return {
        name: slice_of(0.7, 0.8)["tweets"] | {"difference": {"low": -0.2, "high": 0.01, "p": p}}
        for name, p in p_values.items()
    }


def new_labels(p: float | None, candidate: float = 0.7, served: float | None = 0.8, rows: int = 90) -> dict[str, Any]:
    """Return what is reported of 90 rows of a label that the served model doesn't know, and of 410 others."""
    difference = {} if p is None else {"difference": {"low": -0.2, "high": 0.01, "p": p}}
    known = {"candidate": candidate, "served": served, "rows": 410, **difference}
    return {"count": 1, "names": ["mixed"], "rows": rows, "leftOut": 3, "known": known}


SURE = bounds(0.05, 0.15, 0.1)
NOT_WORSE = {"accept": "NotWorse", "tolerance": 0.01}
DROP = {"maxSliceDrop": 0.05}
COST = {"cost": "Lower"}
ACCEPTED = {
    "the labels that are known lose by chance": case(difference=SURE, new_labels=new_labels(0.06)),
    "too few rows of labels that are known": case(difference=SURE, new_labels=new_labels(None)),
    "no row of a label that is known": case(difference=SURE, new_labels={"count": 1, "rows": 500}),
    "better": case(),
    "equal, without a margin": case(candidate=0.8),
    "better by exactly the margin": case(candidate=0.85, gate={"margin": 0.05}),
    "exactly at the bound": case(gate={"bound": 0.9}),
    "nothing served, above the bound": case(served=None, gate={"bound": 0.85}),
    "lower is better": case(candidate=0.1, served=0.2, metric="wer"),
    "lower is better, said so": case(candidate=0.1, served=0.2, metric="cost", gate={"direction": "Lower"}),
    "lower is better, by a name as Hugging Face's Trainer has it": case(candidate=0.2, served=0.9, metric="eval_loss"),
    "lower is better, as the judge reports": case(candidate=0.1, served=0.2, metric="cost", directions=COST),
    "the judge knows better than the name": case(
        candidate=0.1, served=0.2, metric="accuracy", directions={"accuracy": "Lower"}
    ),
    "spec and judge agree": case(
        candidate=0.1, served=0.2, metric="cost", directions=COST, gate={"direction": "Lower"}
    ),
    "lower is better, below the maximum": case(candidate=0.1, served=0.2, metric="wer", gate={"bound": 0.15}),
    "a slice drops within bounds": case(slices=slice_of(0.78, 0.8), gate={"maxSliceDrop": 0.05}),
    "a slice too small to tell": case(slices=slice_of(0.1, 0.8, rows=29), gate={"maxSliceDrop": 0.05}),
    "as many distinct inputs as it must have": case(rows=2000, distinct=200),
    "slices don't decide": case(slices=slice_of(0.1, 0.8)),
    "certainly better": case(difference=SURE),
    "certainly better by the margin": case(difference=SURE, gate={"margin": 0.049}),
    "certainly better where lower is better": case(
        candidate=0.1, served=0.2, metric="wer", difference=bounds(-0.15, -0.05, -0.1)
    ),
    "certainly not much worse": case(candidate=0.799, difference=bounds(-0.009, 0.01, -0.001), gate=NOT_WORSE),
    "certainly not much worse where lower is better": case(
        candidate=0.201, served=0.2, metric="wer", difference=bounds(-0.01, 0.009, 0.001), gate=NOT_WORSE
    ),
    "not much worse by a judge that gives no bounds": case(candidate=0.795, gate=NOT_WORSE),
    "as sure as the second gate on a holdout has to be": case(difference=SURE | {"confidence": 0.992401}, use=2),
    "surer than it has to be": case(difference=SURE | {"confidence": 0.99}),
    "slices that lose by their numbers, and may not": case(difference=SURE, slices=slices_of(a=0.06, b=0.9), gate=DROP),
    "one of ten slices loses as one of ten does by chance": case(
        difference=SURE, slices=slices_of(a=0.006), slice_count=10, gate=DROP
    ),
    "a slice too small for bounds": case(difference=SURE, slices=slice_of(0.1, 0.8), gate=DROP),
}

REFUSED = {
    "worse": (case(candidate=0.79), Reason.NOT_BETTER, "0.79 does not beat served 0.8"),
    "better, but not by the margin": (case(candidate=0.84, gate={"margin": 0.05}), Reason.NOT_BETTER, "margin"),
    "below the bound": (case(gate={"bound": 0.95}), Reason.BOUND_NOT_MET, "0.9 < bound 0.95"),
    "worse where lower is better": (case(candidate=0.3, served=0.2, metric="wer"), Reason.NOT_BETTER, "beat"),
    "above the maximum": (
        case(candidate=0.2, served=0.3, metric="wer", gate={"bound": 0.15}),
        Reason.BOUND_NOT_MET,
        "0.2 > bound 0.15",
    ),
    "a loss that is higher": (
        case(candidate=0.9, served=0.2, metric="eval_loss"),
        Reason.NOT_BETTER,
        "eval_loss 0.9 does not beat served 0.2; lower is better (by the metric's name)",
    ),
    "a name that nobody knows": (
        case(candidate=0.9, served=0.2, metric="eval_cost"),
        Reason.DIRECTION_UNCLEAR,
        "whether a higher or a lower 'eval_cost' is better is neither reported by the judge nor known by name; "
        "set gate.direction to Higher or Lower",
    ),
    "a name that nobody knows, with only a bound": (
        case(served=None, metric="cost", gate={"bound": 0.5}),
        Reason.DIRECTION_UNCLEAR,
        "gate.direction",
    ),
    "spec and judge contradict each other": (
        case(candidate=0.9, served=0.2, metric="cost", directions=COST, gate={"direction": "Higher"}),
        Reason.DIRECTION_UNCLEAR,
        "gate.direction is Higher, but the judge reports Lower for 'cost'",
    ),
    "holdout too small": (case(rows=199), Reason.HOLDOUT_TOO_SMALL, "199 rows"),
    "many rows of few inputs": (
        case(rows=400, distinct=10),
        Reason.HOLDOUT_TOO_SMALL,
        "10 distinct inputs in 400 rows",
    ),
    "more distinct inputs than rows": (case(rows=199, distinct=900), Reason.HOLDOUT_TOO_SMALL, "199 rows"),
    "nothing served and no bound": (case(served=None), Reason.NO_BASELINE, "gate.bound"),
    "the served model isn't reported": (case(served=None, has_served=True), Reason.METRIC_NOT_REPORTED, "served"),
    "another metric": (
        case(gate={"metric": "f1"}),
        Reason.METRIC_NOT_REPORTED,
        "the judge reports accuracy",
    ),
    "not what was trained": (case(trained_digest=OLD_DIGEST), Reason.DIGEST_MISMATCH, "trained"),
    "rolled back before": (case(rolled_back=frozenset({NEW_DIGEST})), Reason.ROLLED_BACK_BEFORE, "rolled back before"),
    "a slice drops": (
        case(slices=slice_of(0.7, 0.8), gate={"maxSliceDrop": 0.05}),
        Reason.SLICE_REGRESSED,
        "slice tweets",
    ),
    "better by its number, and maybe not": (
        case(candidate=0.82, rows=200, difference=bounds(-0.013, 0.053, differing=20)),
        Reason.UNCLEAR,
        "accuracy 0.82 against served 0.8 on 200 rows: with 96.96 % certainty it is less than 0.013 worse (exact "
        "McNemar), and has to be more than 0 better (gate.margin); if it is as it seems, about 1,846 rows would tell",
    ),
    "better, and maybe not by the margin": (
        case(difference=SURE, gate={"margin": 0.05}),
        Reason.UNCLEAR,
        "it is more than 0.05 better (exact McNemar), and has to be more than 0.05 better (gate.margin); if it is as",
    ),
    "exactly at the bound of what is certain": (case(difference=bounds(0, 0.2, 0.1)), Reason.UNCLEAR, "more than 0"),
    "better where lower is better, and maybe not": (
        case(candidate=0.18, served=0.2, metric="wer", difference=bounds(-0.05, 0.01, -0.02, method="bootstrap")),
        Reason.UNCLEAR,
        "with 96.96 % certainty it is less than 0.01 worse (bootstrap), and has to be more than 0 better "
        "(gate.margin); if it is as it seems, about 2,362 rows would tell",
    ),
    "no better at all": (
        case(candidate=0.8, difference=bounds(-0.01, 0.01, 0)),
        Reason.UNCLEAR,
        "has to be more than 0 better (gate.margin)",
    ),
    "certainly not much worse, which isn't asked for": (
        case(candidate=0.801, difference=bounds(-0.009, 0.011, 0.001)),
        Reason.UNCLEAR,
        "less than 0.009 worse",
    ),
    "maybe much worse": (
        case(candidate=0.799, difference=bounds(-0.011, 0.009, -0.001), gate=NOT_WORSE),
        Reason.UNCLEAR,
        "it is less than 0.011 worse (exact McNemar), and has to be less than 0.01 worse (gate.tolerance)",
    ),
    "a tolerance that wasn't asked for": (
        case(candidate=0.801, difference=bounds(-0.009, 0.011, 0.001), gate={"tolerance": 0.01}),
        Reason.UNCLEAR,
        "has to be more than 0 better (gate.margin)",
    ),
    "much worse by its number": (
        case(candidate=0.78, difference=bounds(-0.03, 0.0, -0.02), gate=NOT_WORSE),
        Reason.NOT_BETTER,
        "accuracy 0.78 is worse than served 0.8 by more than the tolerance of 0.01",
    ),
    "a judge that is less sure than it has to be": (
        case(difference=SURE, gate={"confidence": 0.99}),
        Reason.UNCLEAR,
        "the judge's bounds have 96.96 % certainty, and the gate needs 99.39 % at gate 1 on this holdout "
        "(gate.confidence)",
    ),
    "a judge that doesn't count the uses of a holdout": (case(difference=SURE, use=2), Reason.UNCLEAR, "99.24 %"),
    "a worn holdout": (
        case(candidate=0.82, difference=bounds(-0.013, 0.053, confidence=0.99999), use=21),
        Reason.UNCLEAR,
        "21 gates asked this holdout: renew it",
    ),
    "a slice certainly drops": (
        case(difference=SURE, slices=slices_of(a=0.004, b=0.9), slice_count=10, gate=DROP),
        Reason.SLICE_REGRESSED,
        "slice a: 0.7 against served 0.8 on 100 rows drops more than 0.05 (p 0.004, Holm over 10 slices)",
    ),
    "the labels that are known certainly lose": (
        case(difference=SURE, new_labels=new_labels(0.04)),
        Reason.KNOWN_LABELS_REGRESSED,
        "accuracy 0.7 against served 0.8 on 410 rows of labels that the served model knows drops more than 0 (p 0.04)",
    ),
    "they lose more than a slice may": (
        case(difference=SURE, new_labels=new_labels(0.001), gate=DROP),
        Reason.KNOWN_LABELS_REGRESSED,
        "drops more than 0.05 (p 0.001)",
    ),
    "two slices certainly drop": (
        case(difference=SURE, slices=slices_of(c=0.9, a=0.02, b=0.001), gate=DROP),
        Reason.SLICE_REGRESSED,
        "slice b: 0.7 against served 0.8 on 100 rows drops more than 0.05 (p 0.001, Holm over 3 slices), and 1 more",
    ),
}


def test_a_served_model_judged_by_another_metric_refuses() -> None:
    judged = case()
    other = judged.report.candidate.model_copy(update={"metrics": {"f1": 0.1}})
    verdict = judge(replace(judged, report=judged.report.model_copy(update={"served": other})))
    assert (verdict.accepted, verdict.message) == (False, "the judge didn't report the served model")


def test_an_acceptance_says_what_it_rests_on() -> None:
    judged = judge(case(rows=2000, distinct=200)).message
    assert "on 200 distinct inputs in 2000 rows, with" in judged


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    assert judge(ACCEPTED[name]).accepted


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    refused, reason, words = REFUSED[name]
    verdict = judge(refused)
    assert not verdict.accepted
    assert verdict.reason is reason
    assert reason_of(first_answer(CHECKS, refused)) is reason
    assert words in verdict.message


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        (
            case(),
            "accuracy 0.9 against served 0.8 on 500 rows, with no certainty given by the judge; higher is better (by "
            "the metric's name)",
        ),
        (
            case(difference=SURE),
            "accuracy 0.9 against served 0.8 on 500 rows: more than 0.05 better with 96.96 % certainty (exact "
            "McNemar); higher is better (by the metric's name)",
        ),
        (
            case(candidate=0.799, difference=bounds(-0.009, 0.01, -0.001, confidence=0.99999), gate=NOT_WORSE, use=21),
            "accuracy 0.799 against served 0.8 on 500 rows: less than 0.009 worse with 100 % certainty (exact "
            "McNemar); higher is better (by the metric's name); 21 gates asked this holdout: renew it",
        ),
        (
            case(candidate=0.1, served=None, metric="cost", directions=COST, gate={"bound": 0.2}),
            "cost 0.1 on 500 rows; lower is better (the judge's report)",
        ),
        (
            case(candidate=0.1, served=0.2, metric="cost", gate={"direction": "Lower"}),
            "cost 0.1 against served 0.2 on 500 rows, with no certainty given by the judge; lower is better "
            "(gate.direction)",
        ),
    ],
)
def test_an_acceptance_says_which_side_was_taken_to_be_better(judged: Case, words: str) -> None:
    assert judge(judged).message == words


def test_what_is_new_is_told_beside_what_is_known() -> None:
    said = "; the served model doesn't know the labels of 90 rows, without them 0.85 against served 0.8 on 410"
    told = new_labels(1.0, candidate=0.85)
    assert judge(case(difference=SURE, new_labels=told)).message.endswith(said)
    unclear = judge(case(candidate=0.82, difference=bounds(-0.01, 0.05), new_labels=told))
    assert unclear.reason is Reason.UNCLEAR and said in unclear.message
    rare = new_labels(1.0, rows=0)
    assert "doesn't know" not in judge(case(difference=SURE, new_labels=rare)).message


def test_slices_that_too_few_rows_say_nothing_of_are_listed() -> None:
    told = {"known": slice_of(0.8, 0.8)["tweets"] | {"difference": {"low": -0.04, "high": 0.05, "p": 1}}}
    small = {name: slice_of(0.1, 0.8, rows=9)["tweets"] for name in "de"}
    judged = judge(case(difference=SURE, slices=slices_of(b=0.4, a=0.7) | small | told, gate=DROP))
    said = "; too few rows to tell whether a slice drops more than 0.05: a, b, d and 1 more"
    assert judged.accepted and judged.message.endswith(said)
    assert "too few" not in judge(case(difference=SURE, slices=told, gate=DROP)).message


def test_the_order_of_the_checks() -> None:
    assert [check.__name__ for check in CHECKS] == [
        "metric_not_reported",
        "direction_unclear",
        "digest_mismatch",
        "rolled_back_before",
        "holdout_too_small",
        "no_baseline",
        "bound_not_met",
        "not_better",
        "unclear",
        "slice_regressed",
        "known_labels_regressed",
    ]
