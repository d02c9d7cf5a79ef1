"""The difference of two models on the same rows, with its bounds, by the method that fits the metric."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from refit_trainer.comparison.bootstrap import estimate
from refit_trainer.comparison.pairs import Pairs, drop_p_value, lower_bound, upper_bound
from refit_trainer.data.distinct import number_inputs
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction, Task

EXACT, BOOTSTRAP = "exact McNemar", "paired bootstrap by input"
SUMS_DRAWS = 1000
"""Draws of a metric that is a rate of the task's errors."""
MEASURED_DRAWS = 200
"""Draws of a metric that is measured again for each: enough for a standard deviation (Efron, Tibshirani 1993, 6.4)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The candidate's number less the served model's. Below `low` and above `high` it is with a risk of one less
    `confidence` each.
    """

    value: float
    low: float
    high: float
    confidence: float
    method: str
    differing: int | None = None
    """Rows that one model alone has right, where rows are right or wrong."""
    drop_p: float | None = None
    """The p-value of the claim that the metric worsens by no more than gate.maxSliceDrop."""

    def report(self) -> dict[str, Any]:
        """Return the report's part on all rows."""
        document: dict[str, Any] = {"value": round(self.value, 6), **self._bounds(6)}
        document |= {"confidence": round(self.confidence, 9), "method": self.method}
        return document | ({} if self.differing is None else {"differing": self.differing})

    def report_slice(self) -> dict[str, Any]:
        """Return the report's part on a slice: confidence and method are those of all rows."""
        return self._bounds(4) | ({} if self.drop_p is None else {"p": float(f"{self.drop_p:.3g}")})

    def _bounds(self, digits: int) -> dict[str, float]:
        """Return the bounds, rounded away from the value."""
        unit = 10.0**digits
        return {"low": math.floor(self.low * unit) / unit, "high": math.ceil(self.high * unit) / unit}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the models' answers."""

    task: Task
    metric: str
    confidence: float
    max_drop: float | None = None


Answers = tuple[Sequence[Prediction], Sequence[Prediction]]
"""The candidate's predictions, and the served model's, row by row."""


def compare(question: Question, rows: Sequence[Row], answers: Answers) -> Difference:
    """Return the difference in the metric: exact where each row is an input and right or wrong, else by draws."""
    inputs = number_inputs(rows, question.task.input)
    values = [question.task.measure(rows, found)[question.metric] for found in answers]
    tallies = _tally(question, rows, answers, values)
    if tallies is None:
        return _measure_draws(question, rows, answers, inputs)
    errors, units = tallies
    if len(set(inputs)) == len(rows) and bool((units == 1).all()) and bool(np.isin(errors, (0, 1)).all()):
        return _exact(question, errors)
    sign = -1 if question.task.metrics[question.metric] else 1

    def difference(places: Sequence[int]) -> float:
        chosen = np.asarray(places)
        return float(sign * np.subtract(*errors[chosen].sum(axis=0)) / units[chosen].sum())

    return _bounded(question, inputs, difference, (SUMS_DRAWS, _unit(question, rows, answers)))


def _tally(question: Question, rows: Sequence[Row], answers: Answers, values: Sequence[float]) -> Any:
    """Return each row's errors by model, and its units; None where the metric is neither their rate nor its rest."""
    found = [
        [question.task.tally(one.value, row.values[question.task.truth]) for row, one in zip(rows, model, strict=True)]
        for model in answers
    ]
    errors = np.array([[tally.errors for tally in model] for model in found], float).T
    units = np.array([tally.units for tally in found[0]], float)
    rates = errors.sum(axis=0) / max(1.0, units.sum())
    is_higher_better = question.task.metrics[question.metric]
    is_rate = np.allclose(1 - rates if is_higher_better else rates, values, rtol=0, atol=1e-6)
    return (errors, units) if is_rate else None


def _exact(question: Question, errors: Any) -> Difference:
    gained = int((errors[:, 0] < errors[:, 1]).sum())
    lost = int((errors[:, 0] > errors[:, 1]).sum())
    # A rate of errors is better when lower: the pairs' places change, so that a higher number is better in both.
    is_higher_better = question.task.metrics[question.metric]
    pairs, alpha = Pairs(gained, lost, len(errors)), 1 - question.confidence
    as_measured = pairs if is_higher_better else pairs.mirrored
    return Difference(
        value=(as_measured.gained - as_measured.lost) / pairs.rows,
        low=lower_bound(as_measured, alpha),
        high=upper_bound(as_measured, alpha),
        confidence=question.confidence,
        method=EXACT,
        differing=pairs.differing,
        drop_p=None if question.max_drop is None else drop_p_value(pairs, question.max_drop),
    )


def _measure_draws(question: Question, rows: Sequence[Row], answers: Answers, inputs: Sequence[int]) -> Difference:
    def difference(places: Sequence[int]) -> float:
        chosen = [rows[i] for i in places]
        one, other = (question.task.measure(chosen, [found[i] for i in places])[question.metric] for found in answers)
        return one - other

    return _bounded(question, inputs, difference, (MEASURED_DRAWS, _unit(question, rows, answers)))


def _unit(question: Question, rows: Sequence[Row], answers: Answers) -> float:
    """Return how much one input may count for in the metric."""
    return max(question.task.unit(question.metric, rows, found) for found in answers) or 1.0


def _bounded(
    question: Question, inputs: Sequence[int], difference: Any, draws_and_unit: tuple[int, float]
) -> Difference:
    found = estimate(inputs, difference, *draws_and_unit)
    reach, is_higher_better = found.reach(1 - question.confidence), question.task.metrics[question.metric]
    drop = question.max_drop
    return Difference(
        value=found.value,
        low=found.value - reach,
        high=found.value + reach,
        confidence=question.confidence,
        method=BOOTSTRAP,
        drop_p=None if drop is None else found.drop_p_value(drop, is_higher_better),
    )
