"""Which predictions this pod made, so that a label that comes later can be compared: the newest ones, in memory."""

import hashlib
import sys
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Any

from refit_serving.bodies import parts_of
from refit_serving.receipts import digest_input
from refit_trainer.data.blob import Blob

ENTRY = 1500  # bytes of an entry beside its contents: the id of up to 256 characters, objects, places in a dictionary


@dataclass(frozen=True, slots=True)
class RememberedPrediction:
    """An input and what was predicted for it."""

    value: Any
    predicted: Any
    slice: str | None = None
    group: str | None = None
    model: str = ""
    """The digest of the model that answered."""
    is_contested: bool = False
    """The same id was given to different inputs: by itself, it doesn't say which of them a label is of."""
    input: str = field(init=False)
    """What the input is known by in receipts."""
    weight: int = field(init=False)
    """Bytes that it keeps in memory."""

    def __post_init__(self) -> None:
        kept = (self.value, self.predicted, self.slice, self.group)
        object.__setattr__(self, "input", digest_input(self.value))
        object.__setattr__(self, "weight", ENTRY + sum(map(weigh, kept)))


def weigh(value: Any) -> int:
    """Return the bytes that a document's value takes in memory, with all that is in it."""
    return sum(len(one.read()) if isinstance(one, Blob) else sys.getsizeof(one) for one in parts_of(value))


class Memory:
    """Predictions by id and the ids already labelled, each bounded, the oldest forgotten first."""

    def __init__(self, size: int, max_bytes: int = 256 << 20) -> None:
        self._size = size
        self._max_bytes = max_bytes
        self._bytes = 0
        self._predictions: OrderedDict[str, RememberedPrediction] = OrderedDict()
        self._labelled: OrderedDict[bytes, None] = OrderedDict()

    def remember(self, key: str, prediction: RememberedPrediction) -> None:
        """Keep a prediction; the same id again replaces it, and is contested where the input is another one."""
        before = self._predictions.get(key)
        if before and (before.is_contested or before.input != prediction.input):
            prediction = replace(prediction, is_contested=True)
        self._forget(key)
        self._predictions[key] = prediction
        self._bytes += prediction.weight
        while len(self._predictions) > self._size or self._bytes > self._max_bytes:
            self._forget(next(iter(self._predictions)))

    def recall(self, key: str) -> RememberedPrediction | None:
        """Return what was predicted for an id, None where it isn't remembered."""
        return self._predictions.get(key)

    def is_labelled(self, key: str, input: str = "") -> bool:
        """Tell whether a label for this id has been taken: for this input, or for any where none is named."""
        return _short(key, input) in self._labelled

    def mark_labelled(self, key: str, input: str) -> None:
        """Note that the label for this id and input has been taken, and forget the input."""
        known = self._predictions.get(key)
        if known and known.input == input:
            self._forget(key)
        for taken in (_short(key, ""), _short(key, input)):
            self._labelled[taken] = None
        while len(self._labelled) > 2 * self._size:
            self._labelled.popitem(last=False)

    def _forget(self, key: str) -> None:
        if prediction := self._predictions.pop(key, None):
            self._bytes -= prediction.weight


def _short(key: str, input: str) -> bytes:
    """Return what an id and an input are known by, of the same few bytes however long they are."""
    return hashlib.blake2b(f"{input} {key}".encode(), digest_size=16).digest()
