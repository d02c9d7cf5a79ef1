"""Rows on the disk of this machine, read when they are asked for: a training may have more of them than memory."""

import hashlib
import pickle
from collections.abc import Iterable, Mapping
from typing import Any

from refit_trainer.data.formats import Document
from refit_trainer.data.records import Decoded, Records
from refit_trainer.data.rows import Row, encode_values


class StoredDocuments(Decoded[Document]):
    """What formats read, until it is known which rows are used."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Keep these columns."""
        super().__init__(Records())
        self._columns = tuple(dict.fromkeys(columns))
        self._numbers: dict[Any, int] = {}
        self._folders: list[Any] = []

    def append(self, document: Document) -> None:
        """Add one."""
        kept = {name: document.columns[name] for name in self._columns if name in document.columns}
        number = self._numbers.setdefault(document.folder, len(self._folders))
        if number == len(self._folders):
            self._folders.append(document.folder)
        self._records.append(_pack((kept, document.source, number)))

    def decode(self, record: bytes) -> Document:
        """Return a document of its columns that are kept."""
        columns, source, folder = pickle.loads(record)
        return Document(columns, source, self._folders[folder])


class StoredRows(Decoded[Row]):
    """Rows in order, with their digest."""

    def __init__(self) -> None:
        super().__init__(Records())
        self._digest = hashlib.sha256()

    def append(self, row: Row) -> None:
        """Add one."""
        self._digest.update(encode_values(row.values) + b"\n")
        self._records.append(_pack((dict(row.values), row.source)))

    def decode(self, record: bytes) -> Row:
        """Return a row."""
        return Row(*pickle.loads(record))

    @property
    def digest(self) -> str:
        """The SHA-256 over the rows' values in order."""
        return f"sha256:{self._digest.hexdigest()}"


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
