"""What a network is given of rows: encoded once, and read from disk when a batch is made.

Encoded rows that JSON can hold (tokens, label numbers) lie in a file beside the run's saved states, where the next
attempt finds it by what it was made of. Others (files, features) are made when they are asked for.
"""

import hashlib
import json
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence, Sized
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import get_worker_info

from refit_trainer.data.picked import Picked
from refit_trainer.data.records import Decoded, Records, naming_full_disk
from refit_trainer.data.rows import Row, digest_rows
from refit_trainer.data.stored_rows import StoredRows
from refit_trainer.distributed import collectives
from refit_trainer.storage.files import flush

Example = dict[str, Any]
Encode = Callable[[Sequence[Row]], list[Example]]
SizeOf = Callable[[Row], float]
AT_ONCE = 1000
"""Rows encoded at once."""
KEPT_BYTES = 256 * 2**20
"""Features of so many bytes are kept in memory; those of further rows are computed for each batch."""
MEASURED = 1000
"""Rows among which the shortest and the longest are looked for, where rows are encoded when they are asked for."""
log = logging.getLogger(__name__)


class Part(Picked[Row]):
    """Rows of a training that are encoded together with its others."""


class EncodedRows(Decoded[Example]):
    """Encoded rows in a file, and how long each is in another."""

    def __init__(self, path: Path) -> None:
        super().__init__(Records(path, is_complete=True))
        self.lengths = np.memmap(_beside(path), dtype=np.int32, mode="r")
        """The number of tokens of each row."""

    def decode(self, record: bytes) -> Example:
        """Return what a network is given of a row."""
        example: Example = json.loads(record)
        return example


class LazyRows(Sequence[Example]):
    """Rows that are encoded when they are asked for; features are kept up to KEPT_BYTES."""

    def __init__(self, rows: Sequence[Row], encode: Encode, size_of: SizeOf) -> None:
        self._rows, self._encode, self._size_of = rows, encode, size_of
        self._kept: dict[int, Example] = {}
        self._bytes = 0

    @cached_property
    def lengths(self) -> Any:
        """How long each row is before it is encoded, such as a recording in seconds, as a NumPy array."""
        return np.fromiter(map(self._size_of, self._rows), dtype=np.float32, count=len(self._rows))

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        if at not in self._kept:
            [example] = self._encode([self._rows[at]])
            size = sum(getattr(value, "nbytes", 0) for value in example.values())
            if not size or self._bytes + size > KEPT_BYTES or get_worker_info():  # a process for a part of the rows
                return example
            self._kept[at], self._bytes = example, self._bytes + size
        return self._kept[at]


class Encoder:
    """Encodes the rows of one training, each sequence once."""

    def __init__(
        self, folder: Path, of: Any, encode: Encode, together: bool = False, size_of: SizeOf = lambda row: 0
    ) -> None:
        """Keep files in `folder`, which may be another attempt's; `of` is all that `encode` depends on, as JSON.

        Where what `encode` makes isn't one for each row, as packs aren't, it gets all rows that are learnt `together`,
        and what it makes stays in memory. `size_of` is how long a row is that is encoded when it is asked for; 0 where
        none is longer than another.
        """
        self._folder, self._of, self._encode, self._together, self._size_of = folder, of, encode, together, size_of
        self._done: dict[int, Sequence[Example]] = {}

    def encode(self, rows: Sequence[Row]) -> Sequence[Example]:
        """Return rows as the network's inputs, unpadded, with their labels."""
        if self._together:
            return self._encode(rows)
        if isinstance(rows, Part):
            return Picked(self.encode(rows.base), rows.places)
        if id(rows) not in self._done:
            self._done[id(rows)] = self._encode_all(rows)
        return self._done[id(rows)]

    def _encode_all(self, rows: Sequence[Row]) -> Sequence[Example]:
        if not is_json(self._encode(rows[:1])):
            return LazyRows(rows, self._encode, self._size_of)
        path = self._folder / self._name(rows)
        if collectives.is_rank_zero():
            self._ensure(path, rows)
        collectives.barrier()
        if not collectives.is_rank_zero():
            self._ensure(path, rows)  # on another machine, where this one's files aren't seen
        return EncodedRows(path)

    def _name(self, rows: Sequence[Row]) -> str:
        document = json.dumps([self._of, content_digest(rows)], sort_keys=True)
        return f"encoded-{hashlib.sha256(document.encode()).hexdigest()[:32]}"

    def _ensure(self, path: Path, rows: Sequence[Row]) -> None:
        if _is_whole(path, len(rows)):
            log.info("data.encoded_found path=%s rows=%d", path, len(rows))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if collectives.is_rank_zero():
            _remove_others(path)
        begun = path.with_name(f"{path.name}.{collectives.rank()}.begun")
        begun.unlink(missing_ok=True)
        self._write(begun, rows)
        for written, final in ((_beside(begun), _beside(path)), (begun, path)):
            flush(written)
            written.replace(final)
        log.info("data.encoded path=%s rows=%d bytes=%d", path, len(rows), path.stat().st_size)

    def _write(self, path: Path, rows: Sequence[Row]) -> None:
        records, left = Records(path), iter(rows)
        with _beside(path).open("wb") as lengths:
            while chunk := list(islice(left, AT_ONCE)):
                examples = self._encode(chunk)
                for example in examples:
                    records.append(json.dumps(example, separators=(",", ":")).encode())
                with naming_full_disk(path, len(records)):
                    np.array([count_tokens(example) for example in examples], dtype=np.int32).tofile(lengths)
                    lengths.flush()
        records.complete()


def _is_whole(path: Path, count: int) -> bool:
    """Tell whether a file is there and has all rows."""
    try:
        is_long_enough = _beside(path).stat().st_size == count * np.dtype(np.int32).itemsize
        return is_long_enough and path.exists() and len(Records(path, is_complete=True)) == count
    except (OSError, sqlite3.Error):
        return False


def _remove_others(path: Path) -> None:
    """Remove what was encoded of other rows, or not to the end."""
    for old in path.parent.glob("encoded-*"):
        if old not in (path, _beside(path)):
            old.unlink(missing_ok=True)


def content_digest(rows: Sequence[Row]) -> str:
    """Return what is different where any row is, or their order; of rows on disk without reading them again."""
    if isinstance(rows, StoredRows):
        return rows.digest
    return digest_rows(rows)


def lengths_of(examples: Sequence[Example]) -> Any:
    """Return how long each row is as a NumPy array: in tokens, or in what it is measured by before it is encoded."""
    if known := _known_lengths(examples):
        return known.lengths[examples.places] if isinstance(examples, Picked) else known.lengths
    return np.fromiter(map(count_tokens, examples), dtype=np.int32, count=len(examples))


def pick_extremes(examples: Sequence[Example], longest: int = 1) -> list[Example]:
    """Return the shortest row and so many of the longest, whatever their length is counted in."""
    few = examples if _known_lengths(examples) else Picked(examples, range(min(len(examples), MEASURED)))
    lengths = lengths_of(few)
    most = np.argpartition(lengths, -min(longest, len(lengths)))[-longest:]
    return [few[int(place)] for place in (lengths.argmin(), *most)]


def have_lengths(examples: Sequence[Example]) -> bool:
    """Tell whether rows are longer than others, and how long they are is known without encoding all of them."""
    return bool(examples) and (_known_lengths(examples) is not None or "input_ids" in examples[0])


def is_lazy(examples: Sequence[Example]) -> bool:
    """Tell whether rows are encoded when they are asked for."""
    return isinstance(examples.base if isinstance(examples, Picked) else examples, LazyRows)


def _known_lengths(examples: Sequence[Example]) -> EncodedRows | LazyRows | None:
    """Return the rows whose lengths are known; None where they would have to be encoded first."""
    base = examples.base if isinstance(examples, Picked) else examples
    if isinstance(base, EncodedRows):
        return base
    return base if isinstance(base, LazyRows) and base.lengths.any() else None


def count_tokens(example: Mapping[str, Any]) -> int:
    """Return how long a row is: its tokens, its samples, the longest of what it has."""
    if "input_ids" in example:
        return len(example["input_ids"])
    return max((len(value) for value in example.values() if isinstance(value, Sized)), default=0)


def is_json(examples: Any) -> bool:
    """Tell whether JSON gives encoded rows back as they are."""
    try:
        return bool(json.loads(json.dumps(examples)) == examples)
    except (TypeError, ValueError):
        return False


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.lengths")
