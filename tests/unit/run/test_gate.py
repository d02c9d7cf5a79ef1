"""Each check of the gate, alone; what none refuses is accepted."""

from dataclasses import replace
from typing import Any

import pytest

from refit_operator.api.conditions import Reason
from refit_operator.api.training import GateSpec
from refit_operator.run.rules.gate import CHECKS, Case, judge
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
    **more: Any,
) -> Case:
    report: dict[str, Any] = {
        "candidate": {"digest": NEW_DIGEST, "metrics": {metric: candidate}},
        "rows": rows,
        "slices": slices or {},
        "directions": directions or {},
        "distinct": distinct,
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


COST = {"cost": "Lower"}
ACCEPTED = {
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
}


def test_a_served_model_judged_by_another_metric_refuses() -> None:
    judged = case()
    other = judged.report.candidate.model_copy(update={"metrics": {"f1": 0.1}})
    verdict = judge(replace(judged, report=judged.report.model_copy(update={"served": other})))
    assert (verdict.accepted, verdict.message) == (False, "the judge didn't report the served model")


def test_an_acceptance_says_what_it_rests_on() -> None:
    judged = judge(case(rows=2000, distinct=200)).message
    assert "on 200 distinct inputs in 2000 rows; higher" in judged


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
        (case(), "accuracy 0.9 against served 0.8 on 500 rows; higher is better (by the metric's name)"),
        (
            case(candidate=0.1, served=None, metric="cost", directions=COST, gate={"bound": 0.2}),
            "cost 0.1 on 500 rows; lower is better (the judge's report)",
        ),
        (
            case(candidate=0.1, served=0.2, metric="cost", gate={"direction": "Lower"}),
            "cost 0.1 against served 0.2 on 500 rows; lower is better (gate.direction)",
        ),
    ],
)
def test_an_acceptance_says_which_side_was_taken_to_be_better(judged: Case, words: str) -> None:
    assert judge(judged).message == words


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
        "slice_regressed",
    ]
