"""How sure a gate has to be, how often a holdout was asked, which slices drop, how many rows would tell."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import ConditionType, find
from refit_operator.ports import Ports
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.run.observe import observe
from refit_operator.run.rules.certainty import (
    HOLDOUTS_KEPT,
    confidence_for,
    holdout_uses,
    holm,
    rows_needed,
    variance_by_row,
)
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import CreateJob
from refit_operator.run.rules.views.job import JobState
from tests.support.runs import STARTED, TRAIN, TRAINED, job, judged, seen
from tests.support.samples import NEW_DIGEST, NOW, OLD_DIGEST, make_monitor, make_run


def asked(ordinal: int, digest: str | None, use: int | None = None) -> Any:
    return make_run(ordinal, status={"result": {"holdoutDigest": digest, "holdoutUse": use}} if digest else None)


def test_all_uses_together_err_with_the_risk_that_one_was_given() -> None:
    risks = [1 - confidence_for(0.95, use) for use in range(1, 100_000)]
    assert sum(risks) == pytest.approx(0.05, abs=1e-6) and sum(risks) < 0.05
    assert risks[0] == pytest.approx(0.030396, abs=1e-6) and risks[1] == pytest.approx(risks[0] / 4)


def test_gates_before_this_one_are_counted_by_their_holdout() -> None:
    runs = [
        asked(1, OLD_DIGEST, 1),
        asked(2, NEW_DIGEST, 1),
        asked(3, OLD_DIGEST, 2),
        asked(4, None),
        asked(5, OLD_DIGEST),
    ]
    assert holdout_uses(runs, 4) == {OLD_DIGEST: 2, NEW_DIGEST: 1}
    assert holdout_uses(runs, 6) == {OLD_DIGEST: 3, NEW_DIGEST: 1}
    assert holdout_uses(runs, 1) == {}


def test_runs_that_were_pruned_still_count() -> None:
    assert holdout_uses([asked(40, OLD_DIGEST, 17)], 41) == {OLD_DIGEST: 17}
    assert holdout_uses([asked(41, OLD_DIGEST), asked(40, OLD_DIGEST, 17)], 42) == {OLD_DIGEST: 18}


def test_a_judge_is_told_the_newest_holdouts() -> None:
    digests = [f"sha256:{n:064}" for n in range(HOLDOUTS_KEPT + 5)]
    runs = [asked(n + 1, digest, 1) for n, digest in enumerate(digests)]
    assert list(holdout_uses([*runs, asked(90, digests[0], 2)], 91)) == [*digests[6:], digests[0]]


def test_the_judge_is_told_and_the_result_says() -> None:
    digest = "sha256:" + "7" * 64
    made = decide(seen(holdout_uses={digest: 2})).actions[0]
    assert isinstance(made, CreateJob)
    (judge,) = made.body["spec"]["template"]["spec"]["containers"]
    assert f'"uses": {{"{digest}": 2}}' in next(one["value"] for one in judge["env"] if one["name"] == "REFIT_CONFIG")

    report = judged().model_validate(judged().model_dump() | {"holdout": {"digest": digest}})
    trained = STARTED | {"result": {"checkpoint": "pvc://m/x@" + NEW_DIGEST, "trainingRows": 1500}}
    view = job(JobState.SUCCEEDED, train_report=TRAIN, judge_report=report)
    result = decide(seen(trained, view, holdout_uses={digest: 2})).status.result
    assert (result.holdout_digest, result.holdout_use) == (digest, 3)


class _NothingThere:
    """Stands in for an API server without a single object: what is observed of the runs needs none of them."""

    async def read(self, *_: Any) -> None:
        return None

    async def list_objects(self, *_: Any) -> list[Any]:
        return []


class _NoReadings:
    """Stands in for Prometheus, which isn't asked before a rollout."""

    interval, query_range = timedelta(minutes=1), timedelta(0)

    def grid_of(self, *_: Any) -> Any:
        return self

    def next_reading(self, now: datetime) -> datetime:
        return now


async def test_the_uses_of_a_holdout_are_observed() -> None:
    ports = Ports(_NothingThere(), _NoReadings(), MassBreachDetector())  # type: ignore[arg-type]
    runs = (asked(1, OLD_DIGEST, 4), make_run(2))
    assert (await observe(runs[1], make_monitor(), runs, ports, NOW)).holdout_uses == {OLD_DIGEST: 4}


@pytest.mark.parametrize(("use", "accepted"), [(1, "True"), (2, "False")])
def test_the_gate_of_a_holdout_that_was_asked_before_has_to_be_surer(use: int, accepted: str) -> None:
    difference = {"value": "0.1", "low": "0.05", "high": "0.15", "confidence": "0.969603645", "method": "exact McNemar"}
    gate = {"metric": "accuracy", "candidate": "0.9", "served": "0.8", "difference": difference}
    result = TRAINED["result"] | {"gate": gate, "holdoutDigest": OLD_DIGEST, "holdoutUse": use}
    judged = find(decide(seen(TRAINED | {"result": result})).status.conditions, ConditionType.ACCEPTED)
    assert judged is not None and judged.status == accepted


@pytest.mark.parametrize(
    ("p_values", "tests", "refuted"),
    [
        ({}, 0, []),
        ({"a": 0.05}, 1, ["a"]),
        ({"a": 0.05}, 2, []),
        ({"a": 0.03, "b": 0.02}, 2, ["b", "a"]),
        ({"a": 0.03, "b": 0.026}, 2, []),
        ({"a": 0.02, "b": 0.016, "c": 0.9}, 3, ["b", "a"]),
        ({"a": 0.01, "b": 0.01}, 1, ["a", "b"]),
    ],
)
def test_holms_procedure(p_values: dict[str, float], tests: int, refuted: list[str]) -> None:
    assert holm(p_values, tests, 0.05) == refuted


def test_rows_needed() -> None:
    """By hand: (1.6449 + 0.8416)² · 0.1 / 0.02² = 1,545.6."""
    assert rows_needed(0.1, 0.02, 0.95) == 1546
    assert (
        rows_needed(0.1, 0.02, 0.99)
        > rows_needed(0.1, 0.02, 0.95)
        == pytest.approx(4 * rows_needed(0.1, 0.04, 0.95), abs=4)
    )


def test_the_variance_by_row_is_that_of_the_bound() -> None:
    assert variance_by_row(1.6449 * 0.02, 200, 0.95) == pytest.approx(200 * 0.02**2, rel=1e-4)
    assert variance_by_row(0.1, 200, 0.5) == 0
