"""What the server does, apart from HTTP: answer, remember, take labels."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from refit_serving.batching import Batcher
from refit_serving.documents import Feedback, Instance, Unfit
from refit_serving.feedback_files import RowFile, choose_side
from refit_serving.measures import Measures
from refit_serving.memory import Memory, Prediction
from refit_serving.model import ServedModel
from refit_serving.settings import Settings


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a true label: compared with an answer of this model, stored on a side, or already known."""

    judged: bool
    stored: str | None
    duplicate: bool = False


class Service:
    """One model's answers and their labels."""

    def __init__(self, model: ServedModel, settings: Settings) -> None:
        self.measures = Measures(model.digest)
        self.task = model.task
        self.labels = model.loaded.labels
        self.batcher = Batcher(model.predict, settings.max_batch)
        self._digest = model.digest
        self._share = settings.holdout_share
        self._memory = Memory(settings.remembered)
        folders = {"train": settings.feedback_dir, "holdout": settings.holdout_dir}
        self._files = {side: RowFile(folder, settings.writer) for side, folder in folders.items() if folder}

    async def predict(self, instances: Sequence[Instance]) -> list[dict[str, Any]]:
        """Answer some inputs and remember the answers."""
        answers = await self.batcher.answer([instance.value for instance in instances])
        self.measures.predictions.inc(len(answers))
        replies = []
        for instance, answer in zip(instances, answers, strict=True):
            key = instance.id or uuid.uuid4().hex
            self._memory.remember(key, Prediction(instance.value, answer.value, instance.slice))
            score = round(answer.score, 6)
            replies.append({"id": key, "label": answer.value, "score": score, "model": self._digest})
        return replies

    def take_feedback(self, feedback: Feedback) -> Taken:
        """Store a labelled row, then count it; an id that was taken before changes nothing.

        Raise Unfit where the label can't be this input's.
        """
        if self._memory.is_labelled(feedback.id):
            return Taken(judged=False, stored=None, duplicate=True)
        known = self._memory.recall(feedback.id)
        value = known.value if known else feedback.value
        if value is not None and (problem := self.task.check_pair(value, feedback.label)):
            raise Unfit(problem)
        stored = self._store(feedback, known)
        predicted = self._predicted(feedback, known)
        if predicted is not None:
            self.measures.judge(self.task.tally(predicted, feedback.label))
        if stored or predicted is not None:
            self._memory.mark_labelled(feedback.id)
        return Taken(judged=predicted is not None, stored=stored)

    def _predicted(self, feedback: Feedback, known: Prediction | None) -> Any:
        """Return what this model answered: remembered, or repeated by the client from another pod with this model."""
        if known is not None:
            return known.answer
        return feedback.predicted if feedback.model == self._digest else None

    def _store(self, feedback: Feedback, known: Prediction | None) -> str | None:
        value = known.value if known else feedback.value
        if value is None:
            return None
        side = choose_side(value, self._share)
        if side not in self._files:
            return None
        domain = feedback.slice or (known.slice if known else None)
        self._files[side].append(
            {"id": feedback.id, self.task.input: value, self.task.truth: feedback.label}
            | ({"domain": domain} if domain else {})
            | {"time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        )
        self.measures.stored.labels(side).inc()
        return side
