"""What the server does, apart from HTTP: predict, remember, take labels."""

import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from refit_serving.batching import ModelFailed
from refit_serving.documents import COUNT, Feedback, Instance
from refit_serving.feedback_files import RowFile
from refit_serving.inputs import Inputs
from refit_serving.memory import Memory, RememberedPrediction
from refit_serving.metrics import Metrics
from refit_serving.model import ServedModel
from refit_serving.new_labels import NewLabels
from refit_serving.proof import prove, remembered
from refit_serving.receipts import Answer, Receipts
from refit_serving.refusals import InvalidRequest, Refused
from refit_serving.settings import Settings
from refit_serving.sides import choose_side
from refit_serving.to_label import ROWS, ToLabel, rows_for_labelling
from refit_serving.version import Version
from refit_serving.watch import Watch
from refit_trainer.tasks import Prediction

HAND_OUT_BYTES = 8 << 20
"""Of the rows of one answer, and one row that goes beyond it."""
OnJudged = Callable[[str, Any, Any], None]


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """What was done with a true label: compared with this model's prediction, stored on a side, or ignored."""

    judged: bool
    stored: str | None
    duplicate: bool = False


class Service:
    """The predictions of the model that answers, and their labels."""

    def __init__(self, model: ServedModel, settings: Settings, receipts: Receipts) -> None:
        self.metrics = Metrics()
        self.task = model.task
        self.new_labels = NewLabels(
            model.task, lambda: self.labels, settings.new_labels == "Extend", settings.min_rows_per_new_label
        )
        self.inputs = Inputs(model.task, settings.max_characters, settings.max_pixels)
        self._settings = settings
        self.active = self.make_version(model)
        self.active.activate()
        self.on_judged: OnJudged = lambda key, predicted, truth: None
        """Called with an answer's id, the answer and its true label, once it is judged."""
        self._receipts = receipts
        self._share = settings.holdout_share
        self._memory = Memory(settings.remembered, settings.remembered_bytes)
        self._to_label = ToLabel(ROWS if settings.feedback_token_file else 0)
        folders = {"train": settings.feedback_dir, "holdout": settings.holdout_dir}
        self._files = {side: RowFile(folder, settings.writer) for side, folder in folders.items() if folder}

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the active model knows."""
        return self.active.model.loaded.labels

    def make_version(self, model: ServedModel) -> Version:
        """Return a model as one that may answer."""
        return Version(model, self._settings, self.inputs, self.metrics)

    def activate(self, version: Version) -> Version:
        """Have another model answer from the next request on; return the one that did.

        A request that is under way is answered by the model that it began with, all its inputs by the same.
        """
        before, self.active = self.active, version
        before.deactivate()
        version.activate()
        return before

    async def predict(self, instances: Sequence[Instance]) -> list[dict[str, Any]]:
        """Predict for some inputs and remember the predictions."""
        version = self.active
        predictions = await version.batcher.predict([instance.value for instance in instances])
        if not all(math.isfinite(prediction.score) for prediction in predictions):
            raise ModelFailed("a score isn't a number")
        self.metrics.predictions.inc(len(predictions))
        replies = []
        for instance, prediction in zip(instances, predictions, strict=True):
            key = instance.id or uuid.uuid4().hex
            known = RememberedPrediction(
                instance.value, prediction.value, instance.slice, instance.group, version.digest
            )
            self._memory.remember(key, known)
            self._consider(key, known, prediction, version.watch)
            answer = Answer(key, known.input, prediction.value, version.digest)
            score = round(prediction.score, 6)
            reply = {"id": key, "label": prediction.value, "score": score, "model": version.digest}
            replies.append(reply | {"receipt": self._receipts.write(answer)})
        return replies

    def _consider(self, key: str, known: RememberedPrediction, prediction: Prediction, watch: Watch) -> None:
        """Follow an answer, and keep it where it is worth a label: of the training side, whose rows may be chosen."""
        strangeness = watch.follow(prediction)
        self._to_label.follow(watch.drift)
        if not self._to_label.wants(known.input, prediction.score, strangeness):
            return
        if choose_side(known.value, self._share, known.group) == "train":
            self._to_label.offer(key, prediction.score, strangeness, known)

    def hand_out(self, asked: int | None) -> list[dict[str, Any]]:
        """Return answers that are worth a label, each once, as feedback that lacks the label alone."""
        rows = []
        count = asked or rows_for_labelling(COUNT, self.active.watch.drift)
        for why, one in self._to_label.hand_out(count, HAND_OUT_BYTES):
            answer = Answer(one.id, one.known.input, one.known.predicted, one.known.model, chosen=True)
            row = {"id": one.id, self.task.input: one.known.value, "receipt": self._receipts.write(answer)}
            row |= {"predicted": one.known.predicted, "score": round(one.score, 6), "why": why}
            kept = {"slice": one.known.slice, "group": one.known.group}
            rows.append(row | {name: value for name, value in kept.items() if value is not None})
        self.metrics.handed_out.inc(len(rows))
        return rows

    def take_feedback(self, feedback: Feedback) -> FeedbackResult:
        """Store a labelled row, then count it; an answer whose label was taken before changes nothing.

        One that was handed out isn't counted: it was chosen for being hard, and is no fair sample of what is served.
        Nor is a label that is new to the model, until enough inputs have it.
        Raise Refused where no such answer is known to have been given, or the label can't be this input's.
        """
        known = self._memory.recall(feedback.id)
        if not known and not feedback.receipt and self._memory.is_labelled(feedback.id):
            return FeedbackResult(judged=False, stored=None, duplicate=True)
        answer = self._find_answer(feedback, known)
        chosen = f"chosen {answer.input}"
        taken = (answer.input, chosen) if answer.chosen else (answer.input,)
        if any(self._memory.is_labelled(answer.id, one) for one in taken):
            return FeedbackResult(judged=False, stored=None, duplicate=True)
        if known and known.input != answer.input:
            known = None
        value = known.value if known else feedback.value
        if value is not None and (problem := self.task.check_pair(value, feedback.label)):
            raise InvalidRequest(problem)
        stored = self._store(feedback, known)
        self.new_labels.note(feedback.label, answer.input)
        is_judged = answer.model == self.active.digest and not answer.chosen
        is_judged = is_judged and self.new_labels.is_believed(feedback.label)
        if is_judged:
            self.metrics.judge(self.task.tally(answer.predicted, feedback.label))
            self.on_judged(answer.id, answer.predicted, feedback.label)
        if stored or is_judged:
            self._memory.mark_labelled(answer.id, chosen if answer.chosen else answer.input)
            self._to_label.discard(answer.input)
        return FeedbackResult(judged=is_judged, stored=stored)

    def is_right(self, answer: Any, truth: Any) -> bool:
        """Return whether an answer is the true one."""
        return not self.task.tally(answer, truth).errors

    def _find_answer(self, feedback: Feedback, known: RememberedPrediction | None) -> Answer:
        """Return the answer that a label is of: proved by a receipt, or remembered."""
        try:
            if feedback.receipt:
                return prove(self._receipts.read(feedback.receipt), feedback)
            return remembered(known, feedback.id)
        except Refused:
            self.metrics.unproved.inc()
            raise

    def _store(self, feedback: Feedback, known: RememberedPrediction | None) -> str | None:
        value = known.value if known else feedback.value
        if value is None:
            return None
        group = known.group if known and known.group else feedback.group
        side = choose_side(value, self._share, group)
        if side not in self._files:
            return None
        domain = feedback.slice or (known.slice if known else None)
        self._files[side].append(
            {"id": feedback.id, self.task.input: value, self.task.truth: feedback.label}
            | ({"domain": domain} if domain else {})
            | ({"group": group} if group else {})
            | {"time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        )
        self.metrics.stored.labels(side).inc()
        return side
