"""Byte strings in a file of SQLite's: appended once, then read in any order, whatever their number in a few MiB."""

import errno
import os
import shutil
import sqlite3
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar, overload

from refit_trainer.storage.uris import make_scratch

Item = TypeVar("Item")
CACHE_BYTES = 8 * 2**20
"""Memory that SQLite may keep of one file."""
BATCH = 1000
"""Records written, or read in order, at once."""
FULL = "is full"
"""In the words of SQLite where the disk has no room."""


class Records(Sequence[bytes]):
    """Records by their number from 0."""

    def __init__(self, path: Path | None = None, is_complete: bool = False) -> None:
        """Begin a file, or open one that was completed before; without a path, one that goes with these records."""
        self.path = path or make_scratch() / "records"
        self._is_complete, self._count = is_complete, 0
        self._waiting: list[tuple[int, bytes]] = []
        self._connections: dict[int, sqlite3.Connection] = {}
        self._release = weakref.finalize(self, release, self._connections, None if path else self.path)
        if is_complete:
            (self._count,) = self._connection.execute("SELECT count(*) FROM records").fetchone()
        else:
            self._connection.execute("CREATE TABLE records (number INTEGER PRIMARY KEY, contents BLOB NOT NULL)")

    def append(self, record: bytes) -> int:
        """Add a record and return its number; raise OSError where the disk is full."""
        self._waiting.append((self._count, record))
        self._count += 1
        if len(self._waiting) >= BATCH:
            self._write()
        return self._count - 1

    def complete(self) -> None:
        """Write what is waiting; from here on the file is only read."""
        self._write()
        with naming_full_disk(self.path, self._count):
            self._connection.commit()
        release(self._connections, None)
        self._is_complete = True

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, number: int) -> bytes: ...
    @overload
    def __getitem__(self, number: slice) -> list[bytes]: ...
    def __getitem__(self, number: int | slice) -> bytes | list[bytes]:
        if isinstance(number, slice):
            return list(self.read(range(*number.indices(len(self)))))
        place = number + self._count if number < 0 else number
        found = self._connection.execute("SELECT contents FROM records WHERE number = ?", (place,)).fetchone()
        if found is None:
            raise IndexError(f"record {number} of {self._count}")
        return bytes(found[0])

    def __iter__(self) -> Iterator[bytes]:
        return self.read(range(self._count))

    def read(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """Yield the records with these numbers, in their order; those that follow one another are read together."""
        left = iter(numbers)
        while chunk := list(islice(left, BATCH)):
            if chunk == list(range(chunk[0], chunk[0] + len(chunk))):
                query = "SELECT contents FROM records WHERE number BETWEEN ? AND ? ORDER BY number"
                yield from (row[0] for row in self._connection.execute(query, (chunk[0], chunk[-1])).fetchall())
            else:
                yield from (self[number] for number in chunk)

    def _write(self) -> None:
        with naming_full_disk(self.path, self._count):
            self._connection.executemany("INSERT INTO records VALUES (?, ?)", self._waiting)
        self._waiting.clear()

    @property
    def _connection(self) -> sqlite3.Connection:
        """The connection of this process: one can't be taken through a fork."""
        process = os.getpid()
        if process not in self._connections:
            self._connections[process] = connect(self.path, is_complete=self._is_complete)
        return self._connections[process]


class Decoded(Sequence[Item], ABC, Generic[Item]):
    """Records as what they mean."""

    def __init__(self, records: Records) -> None:
        self._records = records

    @abstractmethod
    def decode(self, record: bytes) -> Item:
        """Return what a record means."""

    def complete(self) -> None:
        """Go on to reading."""
        self._records.complete()

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> list[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | list[Item]:
        if isinstance(at, slice):
            return list(map(self.decode, self._records[at]))
        return self.decode(self._records[at])

    def __iter__(self) -> Iterator[Item]:
        return map(self.decode, self._records)

    def read(self, numbers: Iterable[int]) -> Iterator[Item]:
        """Yield what the records with these numbers mean, in their order."""
        return map(self.decode, self._records.read(numbers))


def release(connections: dict[int, sqlite3.Connection], path: Path | None) -> None:
    """Close connections, and remove the file with its folder where there is one to remove."""
    for connection in connections.values():
        connection.close()
    connections.clear()
    if path:
        shutil.rmtree(path.parent, ignore_errors=True)


def connect(path: Path, is_complete: bool = False) -> sqlite3.Connection:
    """Open a file that no other process writes: without locks, which network file systems may not have, or a journal.

    What is being written is worth nothing after a crash, and is then begun again.
    """
    how = "mode=ro&immutable=1" if is_complete else "nolock=1"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, check_same_thread=False)
    os.environ["SQLITE_TMPDIR"] = str(path.parent)  # where SQLite sorts what is larger than its memory
    try:
        for setting in (f"cache_size=-{CACHE_BYTES // 1024}", "temp_store=FILE", "journal_mode=OFF", "synchronous=OFF"):
            connection.execute(f"PRAGMA {setting}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def naming_full_disk(path: Path, count: int) -> Iterator[None]:
    """Say which folder has no room for rows, and how much is there, in place of a library's few words."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if FULL not in str(error) and getattr(error, "errno", None) != errno.ENOSPC:
            raise
        raise OSError(errno.ENOSPC, describe_full_disk(path, count)) from error


def describe_full_disk(path: Path, count: int) -> str:
    """Return what is known of a folder that has no room for one more row, and what to do."""
    taken = sum(found.stat().st_size for found in path.parent.iterdir() if found.is_file())
    free = 0
    with suppress(OSError):
        free = shutil.disk_usage(path.parent).free
    return (
        f"{path.parent} is full: its files of rows take {taken:,} bytes, {count:,} rows into {path.name}, and {free:,} "
        "are free; rows are kept on disk while they are used: give the pod more of it (ephemeral-storage, or a larger "
        "volume at TMPDIR and at the output)"
    )


class SortedNumbers:
    """Numbers in the order of their keys, equal keys in that of the numbers; sorted on disk where they are many."""

    def __init__(self) -> None:
        self._path = make_scratch() / "keys"
        self._connection = connect(self._path)
        weakref.finalize(self, release, {0: self._connection}, self._path)
        self._connection.execute("CREATE TABLE pairs (key, number INTEGER)")
        self._waiting: list[tuple[float | bytes, int]] = []
        self._count = 0

    def add(self, key: float | bytes, number: int) -> None:
        """Add a number with its key."""
        self._waiting.append((key, number))
        self._count += 1
        if len(self._waiting) >= BATCH:
            self._write()

    def __iter__(self) -> Iterator[tuple[float | bytes, int]]:
        self._write()
        with naming_full_disk(self._path, self._count):
            yield from self._connection.execute("SELECT key, number FROM pairs ORDER BY key, number")

    def _write(self) -> None:
        with naming_full_disk(self._path, self._count):
            self._connection.executemany("INSERT INTO pairs VALUES (?, ?)", self._waiting)
        self._waiting.clear()
