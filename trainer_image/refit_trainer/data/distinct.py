"""Distinct inputs: a row that repeats an input is no more evidence than the first one.

Of an input with several answers the newest counts. Texts are one input where they differ in case and blanks alone.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from refit_trainer.data.rows import Row, encode_values

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DistinctRows:
    """The rows that count, oldest first."""

    rows: tuple[Row, ...]
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


def keep_newest(rows: Sequence[Row], role: str, truth: str) -> DistinctRows:
    """Return the newest row of each input, of rows that come oldest first; `role` is the input's.

    A row without an answer gives way to one that has one. Answers to several questions are the newest to each.
    """
    newest: dict[bytes, Row] = {}
    contradicting: dict[bytes, tuple[Row, Row]] = {}
    for row in rows:
        key = input_key(row.values[role])
        before = newest.pop(key, None)
        if before is not None and _contradict(before.values[truth], row.values[truth]):
            contradicting[key] = before, row
        newest[key] = row if before is None else _join(before, row, truth)
    if len(newest) < len(rows):
        log.info("data.repeated rows=%d inputs=%d", len(rows), len(newest))
    if contradicting:
        old, new = next(iter(contradicting.values()))
        log.warning(
            "data.contradicting inputs=%d of=%d: the newest %s counts; the first: %s has %r, %s has %r",
            len(contradicting),
            len(newest),
            truth,
            old.source,
            old.values[truth],
            new.source,
            new.values[truth],
        )
    return DistinctRows(tuple(newest.values()), len(newest), len(contradicting))


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
