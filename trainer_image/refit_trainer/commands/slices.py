"""Both models on each slice of the holdout, in the gate's metric."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from refit_trainer.comparison.difference import Question, compare
from refit_trainer.contract.constants import SMALLEST_SLICE_ROWS
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction
from refit_trainer.tasks.components.evidence import count_inputs


def measure_slices(
    question: Question, models: Mapping[str, Sequence[Prediction]], rows: Sequence[Row]
) -> dict[str, Any]:
    """Return each slice's metric by model, with the bounds of their difference where both are judged.

    The slice that is the likeliest to have dropped by more than the gate allows comes first, or, where it allows any
    drop, the one with the worst candidate. Slices of too few inputs come last: the gate ignores them, and they would
    take the room of those that it reads.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if row.values.get("slice") is not None:
            members[str(row.values["slice"])].append(index)
    slices = {name: _measure(question, models, rows, places) for name, places in members.items()}
    sign = 1 if question.task.metrics[question.metric] else -1

    def order(item: tuple[str, dict[str, Any]]) -> tuple[bool, float, float]:
        part = item[1]
        gap = sign * (part["candidate"] - part.get("served", 0))
        return part["rows"] < SMALLEST_SLICE_ROWS, part.get("difference", {}).get("p", 0.0), gap

    return dict(sorted(slices.items(), key=order))


def _measure(
    question: Question, models: Mapping[str, Sequence[Prediction]], rows: Sequence[Row], places: list[int]
) -> dict[str, Any]:
    own = [rows[i] for i in places]
    answers = {name: [predictions[i] for i in places] for name, predictions in models.items()}
    measured = {name: question.task.measure(own, found)[question.metric] for name, found in answers.items()}
    part: dict[str, Any] = {name: round(value, 6) for name, value in measured.items()}
    part["rows"] = count_inputs(question.task, own)
    if "served" in answers and part["rows"] >= SMALLEST_SLICE_ROWS:
        part["difference"] = compare(question, own, (answers["candidate"], answers["served"])).report_slice()
    return part
