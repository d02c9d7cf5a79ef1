"""Some of a sequence's items in another order, without a copy of them."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Generic, TypeVar, overload

import numpy as np

from refit_trainer.storage.uris import make_scratch

Item = TypeVar("Item")
AT_ONCE = 4096
"""Places written, or read in order, at once."""
Places = Any
"""A NumPy array of integers, one dimension, or a range."""


class Picked(Sequence[Item], Generic[Item]):
    """The items of `base` at `places`, in the order of these."""

    def __init__(self, base: Sequence[Item], places: Places) -> None:
        self.base, self.places = base, places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> "Picked[Item]": ...
    def __getitem__(self, at: int | slice) -> "Item | Picked[Item]":
        if isinstance(at, slice):
            return type(self)(self.base, self.places[at])
        return self.base[int(self.places[at])]

    def __iter__(self) -> Iterator[Item]:
        places = chain.from_iterable(
            self.places[start : start + AT_ONCE] for start in range(0, len(self.places), AT_ONCE)
        )
        return read_items(self.base, (int(place) for place in places))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(other) == len(self) and all(map(_equal, self, other))

    __hash__ = None  # type: ignore[assignment]


def read_items(base: Sequence[Item], places: Iterable[int]) -> Iterator[Item]:
    """Yield the items at these places, together where a sequence can."""
    read = getattr(base, "read", None)
    return read(places) if read else (base[place] for place in places)


def write_places(places: Iterable[int]) -> Places:
    """Return numbers as an array that is mapped from a file: the kernel drops its pages where memory is short."""
    path = make_scratch() / "places"
    left = iter(places)
    with path.open("wb") as file:
        while chunk := list(islice(left, AT_ONCE)):
            np.array(chunk, dtype=np.int64).tofile(file)
    is_empty = not path.stat().st_size
    places = np.empty(0, dtype=np.int64) if is_empty else np.memmap(path, dtype=np.int64, mode="r+")
    shutil.rmtree(path.parent)  # what is mapped stays until the array goes
    return places


def _equal(one: object, other: object) -> bool:
    return one == other
