"""Everything that the page shows, gathered: measures for any task, classes and words where the task has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from refit_trainer.explain.drift import Change, class_changes, length_changes, word_changes, words
from refit_trainer.explain.measures import Bin, Judged, Part, by_slice, calibration, calibration_error, confusion
from refit_trainer.explain.surrogate import Surrogate, fit_surrogate
from refit_trainer.objects import read_objects
from refit_trainer.questions import have_several, one_by_one
from refit_trainer.rows import Row
from refit_trainer.tasks import LoadedModel, Task

ERRORS = 4  # explained one by one


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that the candidate got wrong; `words` is what its answer rests on, where that is known."""

    text: str
    truth: str
    answer: str
    score: float
    words: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """A model's answers by true class, as shares of each class."""

    name: str
    classes: list[str]
    counts: list[list[int]]


@dataclass(frozen=True, slots=True)
class Curve:
    """A model's calibration."""

    name: str
    bins: list[Bin]
    error: float


@dataclass(frozen=True)
class Facts:
    """What one run is explained by."""

    title: str
    task: str
    metric: str
    higher_is_better: bool
    models: Sequence[Judged]
    parts: Sequence[Part]
    rows: int
    manifest: Mapping[str, Any]
    matrices: Sequence[Matrix] = ()
    curves: Sequence[Curve] = ()
    classes: Sequence[Change] = ()
    lengths: Sequence[Change] = ()
    words: Sequence[Change] = ()
    wrong: Sequence[Wrong] = field(default_factory=tuple)
    surrogate: Surrogate | None = None


def gather(
    task: Task,
    metric: str,
    rows: Sequence[Row],
    models: Sequence[Judged],
    manifest: Mapping[str, Any],
    model: LoadedModel,
) -> Facts:
    """Gather the facts about a candidate (the first of `models`) and, where there is one, the served model."""
    rows, models = _single(rows, models)
    truth = [str(row.values[task.truth]) for row in rows]
    found = [[str(answer.value) for answer in judged.answers] for judged in models]
    name = str(manifest.get("task", ""))
    facts: dict[str, Any] = {"matrices": [], "curves": []}
    if name.endswith("classification"):
        facts["classes"] = class_changes(truth)
        for judged, answers in zip(models, found, strict=True):
            facts["matrices"].append(Matrix(judged.name, *confusion(truth, answers)))
            right = [answer == label for answer, label in zip(answers, truth, strict=True)]
            bins = calibration(right, [answer.score for answer in judged.answers])
            facts["curves"].append(Curve(judged.name, bins, calibration_error(bins)))
    if name == "object-detection":
        facts["classes"] = class_changes([one.label for row in rows for one in read_objects(row.values[task.truth])])
    if name == "text-classification":
        facts |= _of_texts([str(row.values["text"]) for row in rows], truth, models[0], model)
    run = manifest.get("run") or {}
    return Facts(
        title=str(run.get("name", "checkpoint")),
        task=name,
        metric=metric,
        higher_is_better=task.metrics[metric],
        models=models,
        parts=by_slice(task, metric, rows, models),
        rows=len(rows),
        manifest=manifest,
        **facts,
    )


def _single(rows: Sequence[Row], models: Sequence[Judged]) -> tuple[Sequence[Row], Sequence[Judged]]:
    """Return each answer of a model of several questions as a row of its own."""
    if not have_several(rows):
        return rows, models
    asked = [list(one_by_one(rows, judged.answers)) for judged in models]
    singles = [
        replace(judged, answers=[said for _, said in pairs]) for judged, pairs in zip(models, asked, strict=True)
    ]
    return [row for row, _ in asked[0]], singles


def _of_texts(texts: Sequence[str], truth: Sequence[str], judged: Judged, model: LoadedModel) -> dict[str, Any]:
    answers = [str(answer.value) for answer in judged.answers]
    return {
        "lengths": length_changes([len(words(text)) for text in texts]),
        "words": word_changes(texts),
        "surrogate": fit_surrogate(texts, answers),
        "wrong": _errors(texts, truth, judged, model),
    }


def _errors(texts: Sequence[str], truth: Sequence[str], judged: Judged, model: LoadedModel) -> list[Wrong]:
    """Return the errors that the model was surest of, each with what it rests on."""
    from refit_trainer.explain.attribution import attribute

    wrong = [i for i, answer in enumerate(judged.answers) if str(answer.value) != truth[i]]
    surest = sorted(wrong, key=lambda i: -judged.answers[i].score)[:ERRORS]
    return [
        Wrong(
            texts[i],
            truth[i],
            str(judged.answers[i].value),
            judged.answers[i].score,
            attribute(model, texts[i], str(judged.answers[i].value)),
        )
        for i in surest
    ]
