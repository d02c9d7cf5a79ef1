"""The gate's metric of both models, as the columns Candidate and Served show it: whatever the metric is."""

import json
from pathlib import Path
from typing import Any

import pytest

from refit_operator.api.crd import RUN_COLUMNS
from refit_operator.api.results import RunResult
from refit_operator.api.training import Better
from refit_operator.run.rules.views.reports import JudgeReport, flaw_of
from refit_operator.run.rules.views.results import judgement_fields, recorded_judgement
from tests.support.samples import NEW_DIGEST, OLD_DIGEST


def report(candidate: dict[str, float], served: dict[str, float] | None) -> JudgeReport:
    document: dict[str, Any] = {"candidate": {"digest": NEW_DIGEST, "metrics": candidate}, "rows": 500}
    if served is not None:
        document["served"] = {"digest": OLD_DIGEST, "metrics": served}
    return JudgeReport.model_validate(document)


@pytest.mark.parametrize(
    ("metric", "candidate", "served", "shown"),
    [
        ("accuracy", {"accuracy": 0.9, "loss": 0.3}, {"accuracy": 0.8}, ("0.9", "0.8")),
        ("wer", {"wer": 0.0321, "loss": 0.3}, {"wer": 1.25}, ("0.0321", "1.25")),
        ("map50", {"map50": 0.755}, None, ("0.755", None)),
        ("accuracy", {"accuracy": 0.952}, {"accuracy": 0.578667}, ("0.952", "0.5787")),
        ("f1", {"accuracy": 0.9}, {"accuracy": 0.8}, (None, None)),
    ],
)
def test_the_gates_metric_is_kept(
    metric: str, candidate: dict[str, float], served: dict[str, float] | None, shown: tuple[str | None, str | None]
) -> None:
    gate = judgement_fields(report(candidate, served), metric)["gate"]
    assert (gate.metric, gate.candidate, gate.served) == (metric, *shown)


DIGEST = "sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
CONTRACT = Path(__file__).parents[2] / "contract/judge-report.json"


def test_what_the_judge_reports_of_the_direction_is_kept_with_the_result() -> None:
    """The gate reads it from the run's status: the Job may be gone by then."""
    judged = JudgeReport.model_validate_json(CONTRACT.read_text())
    result = RunResult(**judgement_fields(judged, "macro_f1"))
    stored = RunResult.model_validate(result.to_json())
    kept = recorded_judgement(stored)
    assert kept is not None and kept.directions == {"macro_f1": Better.HIGHER}


@pytest.mark.parametrize("directions", [{}, {"loss": "Lower"}])
def test_a_direction_that_the_judge_leaves_out_is_none(directions: dict[str, str]) -> None:
    judged = report({"cost": 1.0}, None).model_copy(update={"directions": directions})
    assert judgement_fields(judged, "cost")["gate"].direction is None


def test_the_whole_judgement_is_kept_and_judged_again_alike() -> None:
    judged = JudgeReport.model_validate_json(CONTRACT.read_text())
    stored = RunResult.model_validate(RunResult(**judgement_fields(judged, "accuracy")).to_json())
    kept = recorded_judgement(stored)
    assert kept == judged.model_copy(update={"directions": {"accuracy": Better.HIGHER}})
    assert kept is not None and kept.difference and kept.difference.confidence == 0.992400911
    assert stored.gate and stored.gate.difference and stored.gate.difference.low == "0.129483"
    assert stored.slices["tweets"].difference and stored.slices["tweets"].difference.p == "1"


def test_a_value_outside_of_its_bounds_is_no_report() -> None:
    document = json.loads(CONTRACT.read_text())
    document["difference"] |= {"value": 0.4}
    assert flaw_of(JudgeReport, json.dumps(document)).endswith("0.4 isn't between its bounds 0.129483 and 0.30082")


@pytest.mark.parametrize(("uses", "use"), [({}, 1), ({DIGEST: 4}, 5), ({OLD_DIGEST: 4}, 1)])
def test_a_holdouts_uses_are_counted_on(uses: dict[str, int], use: int) -> None:
    judged = JudgeReport.model_validate_json(CONTRACT.read_text())
    found = RunResult(**judgement_fields(judged, "accuracy", uses))
    assert (found.holdout_digest, found.holdout_use) == (DIGEST, use)


def test_a_holdout_without_a_digest_is_not_counted() -> None:
    found = RunResult(**judgement_fields(report({"accuracy": 0.9}, None), "accuracy", {OLD_DIGEST: 4}))
    assert (found.holdout_digest, found.holdout_use) == (None, None)


@pytest.mark.parametrize("distinct", [10, None])
def test_what_was_recorded_is_judged_again_alike(distinct: int | None) -> None:
    given = report({"accuracy": 0.9}, {"accuracy": 0.8}).model_copy(update={"distinct": distinct})
    assert recorded_judgement(RunResult(**judgement_fields(given, "accuracy"))) == given


def test_the_columns_show_it() -> None:
    paths = {column["name"]: column["jsonPath"] for column in RUN_COLUMNS}
    assert (paths["Candidate"], paths["Served"], paths["Metric"]) == (
        ".status.result.gate.candidate",
        ".status.result.gate.served",
        ".status.result.gate.metric",
    )


def test_of_a_trainings_own_metrics_a_few_have_a_column() -> None:
    shown = [column["jsonPath"] for column in RUN_COLUMNS if ".progress.metrics" in column["jsonPath"]]
    assert [path.rpartition(".")[2] for path in shown] == ["loss", "eval_loss", "epoch"]
