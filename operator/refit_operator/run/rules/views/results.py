"""The judge's report as the run's status keeps it, and back. Pure.

Measured values are strings there, since JSON has no NaN.
"""

from typing import Any

from refit_operator.api.run import GateResult, ModelResult, RunResult, SliceResult
from refit_operator.run.rules.views.reports import JudgedModel, JudgedSlice, JudgeReport


def _text(value: float) -> str:
    return f"{value:.6g}"


def _model(judged: JudgedModel | None) -> ModelResult | None:
    if judged is None:
        return None
    return ModelResult(digest=judged.digest, metrics={name: _text(value) for name, value in judged.metrics.items()})


def _value(judged: JudgedModel | None, metric: str) -> str | None:
    value = judged.metrics.get(metric) if judged else None
    return None if value is None else _text(value)


def _slice(part: JudgedSlice) -> SliceResult:
    served = None if part.served is None else _text(part.served)
    return SliceResult(candidate=_text(part.candidate), served=served, rows=part.rows)


def judgement_fields(report: JudgeReport, metric: str) -> dict[str, Any]:
    """Return the fields of RunResult that the judge's report fills; `metric` is the gate's."""
    return {
        "candidate": _model(report.candidate),
        "served": _model(report.served),
        "gate": GateResult(
            metric=metric,
            candidate=_value(report.candidate, metric),
            served=_value(report.served, metric),
            direction=report.directions.get(metric),
        ),
        "slices": {name: _slice(part) for name, part in report.slices.items()},
        "holdout_rows": report.rows,
        "holdout_distinct": report.distinct,
    }


def recorded_judgement(result: RunResult) -> JudgeReport | None:
    """Return the report that was recorded, None where there is none."""
    if result.candidate is None or result.holdout_rows is None:
        return None
    document = result.model_dump(include={"candidate", "served", "slices"})
    gate = result.gate
    directions = {gate.metric: gate.direction} if gate and gate.direction else {}
    counts = {"rows": result.holdout_rows, "distinct": result.holdout_distinct}
    return JudgeReport.model_validate(document | counts | {"directions": directions})
