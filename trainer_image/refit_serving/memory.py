"""Which predictions this pod made, so that a label that comes later can be compared: the newest ones, in memory."""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was asked and what was answered."""

    text: str
    label: str
    slice: str | None = None


class Memory:
    """Predictions by id and the ids already labelled, each bounded, the oldest forgotten first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._predictions: OrderedDict[str, Prediction] = OrderedDict()
        self._labelled: OrderedDict[str, None] = OrderedDict()

    def remember(self, key: str, prediction: Prediction) -> None:
        """Keep a prediction; the same id again replaces it."""
        self._predictions[key] = prediction
        self._predictions.move_to_end(key)
        if len(self._predictions) > self._size:
            self._predictions.popitem(last=False)

    def recall(self, key: str) -> Prediction | None:
        """Return what was predicted for an id, None where it isn't remembered."""
        return self._predictions.get(key)

    def is_labelled(self, key: str) -> bool:
        """Tell whether a label for this id has been taken."""
        return key in self._labelled

    def mark_labelled(self, key: str) -> None:
        """Note that this id's label has been taken, and forget its text."""
        self._predictions.pop(key, None)
        self._labelled[key] = None
        if len(self._labelled) > self._size:
            self._labelled.popitem(last=False)
