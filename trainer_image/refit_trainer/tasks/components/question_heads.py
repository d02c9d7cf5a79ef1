"""The last layer of a model that answers several questions: its loss, and its answers (`questions` has the names)."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from refit_trainer.tasks import Prediction
from refit_trainer.tasks.components.questions import SEPARATOR, QuestionColumns, label_names

UNANSWERED = -100
"""The label number that torch's cross-entropy ignores."""


def encode_answers(answers: Mapping[str, Any], labels: Sequence[str], columns: QuestionColumns) -> list[int]:
    """Return the number of the answer to each question, among that question's own."""
    given = set(label_names(answers))
    return [next((i for i, c in enumerate(own) if labels[c] in given), UNANSWERED) for own in columns.values()]


def grouped_loss(columns: QuestionColumns) -> Any:
    """Return the mean cross-entropy over all answers of a batch, as the Trainer asks for it.

    `num_items_in_batch` counts those of all processes; what is divided by it the Trainer multiplies by their number.
    """

    def loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        parts = [
            cross_entropy(outputs.logits[:, own], labels[:, i], ignore_index=UNANSWERED, reduction="sum")
            for i, own in enumerate(columns.values())
        ]
        answers = (labels != UNANSWERED).sum() if num_items_in_batch is None else num_items_in_batch
        return torch.stack(parts).sum() / torch.as_tensor(answers).clamp(min=1)

    return loss


def answer_questions(logits: Any, labels: Sequence[str], columns: QuestionColumns) -> list[Prediction]:
    """Return the likeliest answer to each question for each row of logits, with the lowest of their scores."""
    best = {question: logits[:, list(own)].softmax(dim=-1).max(dim=-1) for question, own in columns.items()}
    answers = []
    for row in range(len(logits)):
        found = {question: int(indices[row]) for question, (_, indices) in best.items()}
        answer = {question: labels[columns[question][i]].partition(SEPARATOR)[2] for question, i in found.items()}
        sure = {question: float(scores[row]) for question, (scores, _) in best.items()}
        answers.append(Prediction(answer, min(sure.values()), sure))
    return answers
