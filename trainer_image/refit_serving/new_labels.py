"""Labels that the model doesn't know, where feedback may have such: stored, and believed once enough inputs have one.

A label of few inputs may be a slip, so that it is stored and doesn't count as judged. Which labels become classes is
the training's decision, over the rows of all pods; this pod goes by what it has seen itself.
"""

from collections.abc import Callable, Sequence
from typing import Any

from refit_serving.refusals import InvalidRequest
from refit_trainer.tasks import Task
from refit_trainer.tasks.components.kinds import is_classification
from refit_trainer.tasks.components.new_labels import check_new_label, find_nearly, names_in

MOST_FOLLOWED = 100
"""New labels whose inputs are counted; beyond, the one with the fewest is forgotten."""


class NewLabels:
    """The labels that feedback may have, and the inputs of those that the model lacks.

    `labels` returns those of the model that answers, which may be another one from a moment to the next.
    """

    def __init__(self, task: Task, labels: Callable[[], Sequence[str]], extends: bool, least: int) -> None:
        self._task = task
        self._labels = labels
        self._extends = extends and is_classification(task)
        self._least = least
        self._inputs: dict[str, set[str]] = {}

    def check(self, label: Any) -> None:
        """Raise InvalidRequest where a label is wrong, or new and may not be."""
        known = tuple(self._labels())
        problem = self._task.check_truth(label, known)
        if problem is None:
            return
        if not self._extends:
            raise InvalidRequest(problem)
        if found := check_new_label(label, known) or find_nearly(label, known):
            raise InvalidRequest(found)

    def note(self, label: Any, input: str) -> None:
        """Count an input, known by its digest, for the new labels that it was given."""
        for name in self._unknown(label):
            inputs = self._inputs.setdefault(name, set())
            if len(inputs) < self._least:
                inputs.add(input)
            if len(self._inputs) > MOST_FOLLOWED:
                others = [other for other in self._inputs if other != name]
                del self._inputs[min(others, key=lambda other: len(self._inputs[other]))]

    def is_believed(self, label: Any) -> bool:
        """Tell whether the model knows a label, or enough inputs have it."""
        return all(len(self._inputs.get(name, ())) >= self._least for name in self._unknown(label))

    def _unknown(self, label: Any) -> list[str]:
        if not self._extends:
            return []
        known = self._labels()
        return [name for name in names_in(label) if name not in known]
