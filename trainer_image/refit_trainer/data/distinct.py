"""Distinct inputs: a row that repeats an input is no more evidence than the first one.

Of an input with several answers the newest counts. Texts are one input where they differ in case and blanks alone.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import Any

from refit_trainer.data.picked import Picked, write_places
from refit_trainer.data.records import SortedNumbers
from refit_trainer.data.rows import Row, encode_values
from refit_trainer.data.stored_rows import StoredRows

GONE = -1
"""In the place of a row that gives way to a newer one."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DistinctRows:
    """The rows that count, oldest first."""

    rows: Sequence[Row]
    inputs: int
    """How many distinct inputs they have."""
    contradicting: int = 0
    """Inputs whose rows have different answers."""

    def facts(self) -> dict[str, int]:
        """Return what a report says about them."""
        return {"distinct": self.inputs, **({"contradicting": self.contradicting} if self.contradicting else {})}


def input_key(value: Any) -> bytes:
    """Return what inputs are told apart by."""
    same = " ".join(value.casefold().split()) if isinstance(value, str) else value
    return hashlib.sha256(encode_values(same)).digest()


def number_inputs(rows: Sequence[Row], role: str) -> list[int]:
    """Return the number of each row's input: rows of one input have one number, from 0 without gaps."""
    numbers: dict[bytes, int] = {}
    return [numbers.setdefault(input_key(row.values[role]), len(numbers)) for row in rows]


def count_inputs(rows: Iterable[Row], role: str) -> int:
    """Return how many distinct inputs rows have."""
    return sum(1 for _ in _by_input(rows, role))


def keep_newest(rows: Sequence[Row], role: str, truth: str) -> DistinctRows:
    """Return the newest row of each input, of rows that come oldest first; `role` is the input's.

    A row without an answer gives way to one that has one. Answers to several questions are the newest to each.
    """
    kept, inputs = _Kept(rows, truth), 0
    for inputs, places in enumerate(_by_input(rows, role), start=1):  # noqa: B007
        kept.add(places)
    if inputs < len(rows):
        log.info("data.repeated rows=%d inputs=%d", len(rows), inputs)
    kept.log_contradictions(inputs)
    return DistinctRows(kept.finish(), inputs, kept.contradicting)


def _by_input(rows: Iterable[Row], role: str) -> Iterator[Iterator[int]]:
    """Yield the places of each input's rows, in order."""
    keys = SortedNumbers()
    for place, row in enumerate(rows):
        keys.add(input_key(row.values[role]), place)
    for _, pairs in groupby(keys, key=lambda pair: pair[0]):
        yield (place for _, place in pairs)


class _Kept:
    """The rows that count, by the place of each input's last row."""

    def __init__(self, rows: Sequence[Row], truth: str) -> None:
        self.contradicting = 0
        self._rows, self._truth = rows, truth
        self._places: Any = None
        self._joined: StoredRows | None = None
        self._first: tuple[int, Row, Row] | None = None

    def add(self, places: Iterator[int]) -> None:
        """Keep what counts of one input's rows."""
        first, second = next(places), next(places, None)
        if second is not None:
            self._add_repeated(first, chain([second], places))

    def _add_repeated(self, first: int, others: Iterator[int]) -> None:
        """Fold the rows of one input; the place of the last one gets what counts."""
        if self._places is None:
            self._places = write_places(range(len(self._rows)))
        kept, at, last = self._rows[first], first, first
        contradicted: tuple[int, Row, Row] | None = None
        for place in others:
            row = self._rows[place]
            if _contradict(kept.values[self._truth], row.values[self._truth]):
                contradicted = (contradicted[0] if contradicted else place, kept, row)
            joined = _join(kept, row, self._truth)
            at = place if joined is row else at if joined is kept else GONE
            self._places[last], kept, last = GONE, joined, place
        self._places[last] = at if at != GONE else self._store(kept)
        self._note(contradicted)

    def _store(self, row: Row) -> int:
        """Keep a row that is none of those that were read; return its place, behind all of these."""
        if self._joined is None:
            self._joined = StoredRows()
        self._joined.append(row)
        return len(self._rows) + len(self._joined) - 1

    def _note(self, contradicted: tuple[int, Row, Row] | None) -> None:
        if contradicted is None:
            return
        self.contradicting += 1
        if self._first is None or contradicted[0] < self._first[0]:
            self._first = contradicted

    def log_contradictions(self, inputs: int) -> None:
        """Tell how many inputs have different answers, and the first of them."""
        if self._first is None:
            return
        _, old, new = self._first
        log.warning(
            "data.contradicting inputs=%d of=%d: the newest %s counts; the first: %s has %r, %s has %r",
            self.contradicting,
            inputs,
            self._truth,
            old.source,
            old.values[self._truth],
            new.source,
            new.values[self._truth],
        )

    def finish(self) -> Sequence[Row]:
        """Return the rows that count, in the order of their inputs' last rows."""
        if self._places is None:
            return self._rows
        if self._joined is not None:
            self._joined.complete()
        kept = write_places(int(place) for place in self._places if place != GONE)
        return Picked(self._rows if self._joined is None else _Joined(self._rows, self._joined), kept)


class _Joined(Sequence[Row]):
    """Rows that were read, and behind them those joined of several."""

    def __init__(self, rows: Sequence[Row], joined: Sequence[Row]) -> None:
        self._rows, self._joined = rows, joined

    def __len__(self) -> int:
        return len(self._rows) + len(self._joined)

    def __getitem__(self, at: Any) -> Any:
        return self._rows[at] if at < len(self._rows) else self._joined[at - len(self._rows)]


def _contradict(old: Any, new: Any) -> bool:
    """Tell whether two answers differ where both are given."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return any(_contradict(answer, new.get(question)) for question, answer in old.items())
    return old is not None and new is not None and encode_values(old) != encode_values(new)


def _join(old: Row, new: Row, truth: str) -> Row:
    """Return the newer row, with the older one's answers where it has none."""
    before, answer = old.values[truth], new.values[truth]
    if isinstance(before, Mapping) and isinstance(answer, Mapping):
        given = {question: one for question, one in answer.items() if one is not None}
        return replace(new, values={**new.values, truth: {**before, **given}})
    return old if answer is None else new
