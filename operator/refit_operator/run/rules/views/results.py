"""The judge's report as the run's status keeps it, and back. Pure.

Measured values are strings there, since JSON has no NaN.
"""

from typing import Any

from refit_operator.api.results import (
    DifferenceResult,
    GateResult,
    ModelResult,
    NewLabelsResult,
    RunResult,
    SliceDifference,
    SliceResult,
)
from refit_operator.run.rules.certainty import NO_USES, Uses
from refit_operator.run.rules.views.reports import (
    JudgedDifference,
    JudgedModel,
    JudgedNewLabels,
    JudgedSlice,
    JudgedSliceDifference,
    JudgeReport,
)


def _text(value: float) -> str:
    return f"{value:.6g}"


def _model(judged: JudgedModel | None) -> ModelResult | None:
    if judged is None:
        return None
    return ModelResult(digest=judged.digest, metrics={name: _text(value) for name, value in judged.metrics.items()})


def _shown(judged: JudgedModel | None, metric: str) -> str | None:
    """Return a value as messages have it; the model's own result has all of it."""
    value = judged.metrics.get(metric) if judged else None
    return None if value is None else f"{value:.4g}"


def _slice(part: JudgedSlice) -> SliceResult:
    served = None if part.served is None else _text(part.served)
    return SliceResult(
        candidate=_text(part.candidate), served=served, rows=part.rows, difference=_slice_difference(part.difference)
    )


def _slice_difference(found: JudgedSliceDifference | None) -> SliceDifference | None:
    if found is None:
        return None
    p = None if found.p is None else _text(found.p)
    return SliceDifference(low=_text(found.low), high=_text(found.high), p=p)


def _new_labels(found: JudgedNewLabels | None) -> NewLabelsResult | None:
    if found is None:
        return None
    known = _slice(found.known) if found.known else None
    return NewLabelsResult(count=found.count, names=found.names, rows=found.rows, left_out=found.left_out, known=known)


def _difference(found: JudgedDifference | None) -> DifferenceResult | None:
    if found is None:
        return None
    return DifferenceResult(
        value=_text(found.value),
        low=_text(found.low),
        high=_text(found.high),
        confidence=f"{found.confidence:.9g}",
        method=found.method,
        differing=found.differing,
    )


def judgement_fields(report: JudgeReport, metric: str, uses: Uses = NO_USES) -> dict[str, Any]:
    """Return the fields of RunResult that the judge's report fills; `metric` is the gate's, `uses` is how many gates
    asked a holdout before.
    """
    digest = report.holdout.digest if report.holdout else None
    return {
        "candidate": _model(report.candidate),
        "served": _model(report.served),
        "gate": GateResult(
            metric=metric,
            candidate=_shown(report.candidate, metric),
            served=_shown(report.served, metric),
            direction=report.directions.get(metric),
            difference=_difference(report.difference),
        ),
        "slices": {name: _slice(part) for name, part in report.slices.items()},
        "new_labels": _new_labels(report.new_labels),
        "holdout_rows": report.rows,
        "holdout_distinct": report.distinct,
        "holdout_digest": digest,
        "holdout_use": uses.get(digest, 0) + 1 if digest else None,
        "slice_count": report.slice_count,
    }


def recorded_judgement(result: RunResult) -> JudgeReport | None:
    """Return the report that was recorded, None where there is none."""
    if result.candidate is None or result.holdout_rows is None:
        return None
    document = result.model_dump(include={"candidate", "served", "slices", "new_labels"})
    gate = result.gate
    directions = {gate.metric: gate.direction} if gate and gate.direction else {}
    counts = {"rows": result.holdout_rows, "distinct": result.holdout_distinct, "slice_count": result.slice_count}
    difference = gate.difference.model_dump() if gate and gate.difference else None
    holdout = {"digest": result.holdout_digest} if result.holdout_digest else None
    return JudgeReport.model_validate(
        document | counts | {"directions": directions, "difference": difference, "holdout": holdout}
    )
