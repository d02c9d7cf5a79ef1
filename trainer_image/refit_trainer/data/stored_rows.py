"""Rows on the disk of this machine, read when they are asked for: a training may have more of them than memory."""

import hashlib
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

from refit_trainer.data.formats import Document
from refit_trainer.data.records import Records
from refit_trainer.data.rows import Row, encode_values


class StoredDocuments(Sequence[Document]):
    """What formats read, until it is known which rows are used."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Keep these columns."""
        self._columns = tuple(dict.fromkeys(columns))
        self._records = Records()
        self._folders: dict[Any, int] = {}

    def append(self, document: Document) -> None:
        """Add one."""
        kept = {name: document.columns[name] for name in self._columns if name in document.columns}
        folder = self._folders.setdefault(document.folder, len(self._folders))
        self._records.append(_pack((kept, document.source, folder)))

    def complete(self) -> None:
        """Go on to reading."""
        self._records.complete()

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, at: Any) -> Any:
        found = list(self.read(range(*at.indices(len(self))) if isinstance(at, slice) else [at]))
        return found if isinstance(at, slice) else found[0]

    def read(self, numbers: Iterable[int]) -> Iterator[Document]:
        """Yield those with these numbers, in their order."""
        folders = list(self._folders)
        for record in self._records.read(numbers):
            columns, source, folder = _unpack(record)
            yield Document(columns, source, folders[folder])


class StoredRows(Sequence[Row]):
    """Rows in order, with their digest."""

    def __init__(self) -> None:
        self._records = Records()
        self._digest = hashlib.sha256()

    def append(self, row: Row) -> None:
        """Add one."""
        self._digest.update(encode_values(row.values) + b"\n")
        self._records.append(_pack((dict(row.values), row.source)))

    def complete(self) -> None:
        """Go on to reading."""
        self._records.complete()

    @property
    def digest(self) -> str:
        """The SHA-256 over the rows' values in order."""
        return f"sha256:{self._digest.hexdigest()}"

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return list(map(_to_row, self._records[at]))
        return _to_row(self._records[at])

    def __iter__(self) -> Iterator[Row]:
        return map(_to_row, self._records)

    def read(self, places: Iterable[int]) -> Iterator[Row]:
        """Yield the rows at these places, in their order."""
        return map(_to_row, self._records.read(places))


def store(rows: Iterable[Row]) -> StoredRows:
    """Keep rows on disk."""
    stored = StoredRows()
    for row in rows:
        stored.append(row)
    stored.complete()
    return stored


def _pack(value: tuple[Mapping[str, Any], str] | tuple[Mapping[str, Any], str, int]) -> bytes:
    """Return a value as bytes: dates and decimals, halves of characters and numbers of any size stay what they are.

    A pickle, which only this process reads, from a folder that is its own.
    """
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def _unpack(record: bytes) -> Any:
    return pickle.loads(record)


def _to_row(record: bytes) -> Row:
    return Row(*_unpack(record))
