"""Which predictions this pod made, so that a label that comes later can be compared: the newest ones, in memory."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from refit_trainer.data.blob import Blob


@dataclass(frozen=True, slots=True)
class RememberedPrediction:
    """An input and what was predicted for it."""

    value: Any
    predicted: Any
    slice: str | None = None

    @property
    def weight(self) -> int:
        """Bytes that it keeps in memory beside what every prediction takes: those of an image or a recording."""
        return len(self.value.read()) if isinstance(self.value, Blob) else 0


class Memory:
    """Predictions by id and the ids already labelled, each bounded, the oldest forgotten first."""

    def __init__(self, size: int, max_bytes: int = 256 << 20) -> None:
        self._size = size
        self._max_bytes = max_bytes
        self._bytes = 0
        self._predictions: OrderedDict[str, RememberedPrediction] = OrderedDict()
        self._labelled: OrderedDict[str, None] = OrderedDict()

    def remember(self, key: str, prediction: RememberedPrediction) -> None:
        """Keep a prediction; the same id again replaces it."""
        self._forget(key)
        self._predictions[key] = prediction
        self._bytes += prediction.weight
        while len(self._predictions) > self._size or self._bytes > self._max_bytes:
            self._forget(next(iter(self._predictions)))

    def recall(self, key: str) -> RememberedPrediction | None:
        """Return what was predicted for an id, None where it isn't remembered."""
        return self._predictions.get(key)

    def is_labelled(self, key: str) -> bool:
        """Tell whether a label for this id has been taken."""
        return key in self._labelled

    def mark_labelled(self, key: str) -> None:
        """Note that this id's label has been taken, and forget its input."""
        self._forget(key)
        self._labelled[key] = None
        if len(self._labelled) > self._size:
            self._labelled.popitem(last=False)

    def _forget(self, key: str) -> None:
        if prediction := self._predictions.pop(key, None):
            self._bytes -= prediction.weight
