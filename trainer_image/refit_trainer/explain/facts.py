"""The contents of the page: measures for any task, classes and words where the task has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from refit_trainer.comparison.difference import Difference
from refit_trainer.data.distinct import DistinctRows
from refit_trainer.data.rows import Row
from refit_trainer.explain.by_question import QuestionFacts, measure_by_question, split_answers
from refit_trainer.explain.drift import Change, class_changes, length_changes, word_changes, words
from refit_trainer.explain.measures import Judged, Part, by_slice
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.tasks.components.conversations import last_words, said
from refit_trainer.tasks.components.questions import has_questions

ERRORS = 4  # explained one by one
SETS = ("objects", "entities", "labels")
"""Truths that consist of any number of labelled things."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that the candidate got wrong; `words` are the attributions, where there are any."""

    text: str
    truth: str
    prediction: str
    score: float
    words: Sequence[Any] = ()
    agreement: Sequence[float | None] = ()
    """How far two seeds of each method agree."""


@dataclass(frozen=True)
class Facts:
    """The contents of one report page."""

    title: str
    task: str
    metric: str
    higher_is_better: bool
    models: Sequence[Judged]
    parts: Sequence[Part]
    rows: int
    inputs: int
    """Distinct inputs of these rows."""
    contradicting: int
    """Inputs with several different answers."""
    cut: int
    """Inputs that are longer than what the candidate is given of them."""
    manifest: Mapping[str, Any]
    difference: Difference | None = None
    """The candidate's number less the served model's, with its bounds; None where nothing is served."""
    unread: str = ""
    """Files in the rows' folder that no row is read from."""
    note: str = ""
    """What is to be said of labels that the served model doesn't know."""
    questions: Sequence[QuestionFacts] = ()
    lengths: Sequence[Change] = ()
    words: Sequence[Change] = ()
    wrong: Sequence[Wrong] = field(default_factory=tuple)


def gather(
    task: Task,
    metric: str,
    judged: DistinctRows,
    models: Sequence[Judged],
    manifest: Mapping[str, Any],
    model: LoadedModel,
) -> Facts:
    """Gather the facts about a candidate (the first of `models`) and, where there is one, the served model."""
    name, rows = str(manifest.get("task", "")), judged.rows
    facts: dict[str, Any] = {}
    singles, answered = split_answers(rows, models)
    if task.truth == "label":
        facts["questions"] = measure_by_question(singles, answered, has_questions(rows))
    elif task.truth in SETS:
        labels = [label for row in rows for label in task.answers(row.values[task.truth], ())]
        facts["questions"] = [QuestionFacts("", classes=class_changes(labels))]
    if task.input == "text":
        facts |= _of_texts([str(row.values["text"]) for row in rows])
    if name == "text-classification":
        facts["wrong"] = _errors(singles, answered[0], model)
    if name == "text-generation":
        facts |= _of_texts([last_words(row.values["prompt"]) for row in rows])
        facts["wrong"] = _worst(task, rows, models[0])
    run = manifest.get("run") or {}
    return Facts(
        title=str(run.get("name", "checkpoint")),
        task=name,
        metric=metric,
        higher_is_better=task.metrics[metric],
        models=models,
        parts=by_slice(task, metric, rows, models),
        rows=len(rows),
        inputs=judged.inputs,
        contradicting=judged.contradicting,
        cut=task.count_cut(model, rows),
        manifest=manifest,
        **facts,
    )


def _of_texts(texts: Sequence[str]) -> dict[str, Any]:
    return {"lengths": length_changes([len(words(text)) for text in texts]), "words": word_changes(texts)}


def _worst(task: Task, rows: Sequence[Row], judged: Judged) -> list[Wrong]:
    """Return the rows with the most errors in the gate's metric; of those that are equal, the ones it was surest of."""
    pairs = list(zip(rows, judged.predictions, strict=True))
    tallies = [task.tally(one.value, row.values[task.truth]) for row, one in pairs]
    rates = [tally.errors / max(1, tally.units) for tally in tallies]
    worst = sorted((i for i, rate in enumerate(rates) if rate > 0), key=lambda i: (-rates[i], -pairs[i][1].score))
    return [
        Wrong(last_words(row.values["prompt"]), str(row.values["completion"]), said(prediction.value), prediction.score)
        for row, prediction in (pairs[i] for i in worst[:ERRORS])
    ]


def _errors(rows: Sequence[Row], judged: Judged, model: LoadedModel) -> list[Wrong]:
    """Return the errors with the highest scores, each with its attributions."""
    from refit_trainer.explain.attribution import attribute

    pairs = [(row.values, prediction) for row, prediction in zip(rows, judged.predictions, strict=True)]
    wrong = [pair for pair in pairs if str(pair[1].value) != str(pair[0]["label"])]
    surest = sorted(wrong, key=lambda pair: -pair[1].score)[:ERRORS]
    found = [attribute(model, values["text"], prediction.value) for values, prediction in surest]
    return [
        Wrong(values["text"], str(values["label"]), prediction.value, prediction.score, one.words, one.agreement)
        for (values, prediction), one in zip(surest, found, strict=True)
    ]
