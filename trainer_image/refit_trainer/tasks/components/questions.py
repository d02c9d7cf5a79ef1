"""Several questions about one input: a multi-task model is an ordinary classifier, its labels named `question=answer`.

Each question has its own columns of the last layer, which is the same as a layer of its own over a shared encoder
(Caruana 1997, "Multitask Learning"). A row's label is an object of answers by question, and may lack some of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction
from refit_trainer.tasks.components.names import check_name

SEPARATOR = "="
QuestionColumns = Mapping[str, Sequence[int]]
"""Each question's label numbers."""


def columns_by_question(labels: Sequence[str]) -> QuestionColumns:
    """Return the label numbers by question; nothing where not every label is `question=answer`."""
    found: dict[str, list[int]] = {}
    for number, label in enumerate(labels):
        question, sign, _ = label.partition(SEPARATOR)
        if not sign or not question:
            return {}
        found.setdefault(question, []).append(number)
    return found


def has_questions(rows: Sequence[Row]) -> bool:
    """Tell whether the rows' labels are answers to several questions; the rows' check allows no mixture."""
    return bool(rows) and isinstance(rows[0].values.get("label"), dict)


def label_names(answers: Mapping[str, Any]) -> list[str]:
    """Return the label names of a row's answers."""
    return [f"{question}{SEPARATOR}{answer}" for question, answer in answers.items() if answer is not None]


def check_answers(value: Any, labels: Sequence[str] | None) -> str | None:
    """Say what is wrong with a row's answers; any label is right where `labels` is None."""
    if not isinstance(value, dict) or not label_names(value):
        return f"label is {value!r}, not an object of answers by question"
    for question, answer in value.items():
        if SEPARATOR in question or not question:
            return f"question {question!r} is empty or has a {SEPARATOR!r}"
        known = labels is not None and f"{question}{SEPARATOR}{answer}" in labels
        if answer is not None and not (known and isinstance(answer, (str, int))) and (problem := check_name(answer)):
            return f"the answer to {question!r} is {answer!r:.80}, {problem}"
    unknown = [name for name in label_names(value) if labels is not None and name not in labels]
    return f"unknown label {unknown[0]!r}; the model knows {', '.join(labels or ())}" if unknown else None


def split_by_question(rows: Sequence[Row], predictions: Sequence[Prediction]) -> Iterator[tuple[Row, Prediction]]:
    """Return a row and a prediction for each question that the row has the truth of, labelled as the model's labels."""
    for row, prediction in zip(rows, predictions, strict=True):
        for question, truth in row.values["label"].items():
            if truth is not None:
                single = replace(row, values={**row.values, "label": f"{question}{SEPARATOR}{truth}"})
                answer = f"{question}{SEPARATOR}{prediction.value.get(question)}"
                score = prediction.by_question.get(question, prediction.score)
                yield single, replace(prediction, value=answer, score=score)
