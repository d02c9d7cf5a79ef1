"""Confusion, calibration and a surrogate tree for each question that a classifier answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from refit_trainer.data.rows import Row
from refit_trainer.explain.drift import Change, class_changes
from refit_trainer.explain.measures import Bin, Judged, calibration, calibration_error, confusion
from refit_trainer.explain.surrogate import Surrogate, fit_surrogate
from refit_trainer.tasks.components.questions import SEPARATOR, has_questions, split_by_question


@dataclass(frozen=True, slots=True)
class Matrix:
    """A model's predictions by true class, as counts."""

    name: str
    classes: list[str]
    counts: list[list[int]]


@dataclass(frozen=True, slots=True)
class Curve:
    """A model's calibration."""

    name: str
    bins: list[Bin]
    error: float


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """The measures of one question's answers; it has no name where it is the only one."""

    question: str
    matrices: Sequence[Matrix] = ()
    curves: Sequence[Curve] = ()
    classes: Sequence[Change] = ()
    surrogate: Surrogate | None = None


def split_answers(rows: Sequence[Row], models: Sequence[Judged]) -> tuple[Sequence[Row], Sequence[Judged]]:
    """Return each answer of a model of several questions as a row and a prediction of its own."""
    if not has_questions(rows):
        return rows, models
    pairs = [list(split_by_question(rows, judged.predictions)) for judged in models]
    singles = [replace(one, predictions=[found for _, found in own]) for one, own in zip(models, pairs, strict=True)]
    return [row for row, _ in pairs[0]], singles


def measure_by_question(singles: Sequence[Row], models: Sequence[Judged], has_several: bool) -> list[QuestionFacts]:
    """Return each question with the rows that have its truth, in the order in which the rows name them.

    Rows and predictions are those of `split_answers`; `has_several` says whether they are of several questions.
    """
    places: dict[str, list[int]] = {}
    for place, row in enumerate(singles):
        places.setdefault(row.values["label"].partition(SEPARATOR)[0] if has_several else "", []).append(place)
    return [
        _measure(
            question,
            [singles[i] for i in own],
            [replace(one, predictions=[one.predictions[i] for i in own]) for one in models],
        )
        for question, own in places.items()
    ]


def _measure(question: str, rows: Sequence[Row], models: Sequence[Judged]) -> QuestionFacts:
    truth = [_bare(question, row.values["label"]) for row in rows]
    found = [[_bare(question, prediction.value) for prediction in judged.predictions] for judged in models]
    texts = [row.values["text"] for row in rows if "text" in row.values]
    return QuestionFacts(
        question,
        [Matrix(one.name, *confusion(truth, predictions)) for one, predictions in zip(models, found, strict=True)],
        [_draw_curve(one, truth, predictions) for one, predictions in zip(models, found, strict=True)],
        class_changes(truth),
        fit_surrogate(texts, found[0]) if texts else None,
    )


def _bare(question: str, label: object) -> str:
    return str(label).removeprefix(f"{question}{SEPARATOR}") if question else str(label)


def _draw_curve(judged: Judged, truth: Sequence[str], predictions: Sequence[str]) -> Curve:
    right = [prediction == label for prediction, label in zip(predictions, truth, strict=True)]
    bins = calibration(right, [prediction.score for prediction in judged.predictions])
    return Curve(judged.name, bins, calibration_error(bins))
