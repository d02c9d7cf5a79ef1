"""Where rows were read, in few bytes for any number of them: most follow one another in a file."""

import base64
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path

from refit_trainer.data.records import connect, naming_full_disk, release
from refit_trainer.data.rows import Row
from refit_trainer.storage.uris import make_scratch

AT_ONCE = 1000
PART = 1 << 16  # bytes unpacked at once


def pack_sources(sources: Iterable[str]) -> str:
    """Return places such as `feedback.jsonl:17` as text: runs of them, compressed, in base64."""
    packer = zlib.compressobj()
    packed = b"".join(packer.compress(json.dumps(run).encode() + b"\n") for run in _to_runs(sources))
    return base64.b64encode(packed + packer.flush()).decode()


def unpack_sources(packed: str) -> Iterator[str]:
    """Yield the places that `pack_sources` was given."""
    for line in _unpack_lines(base64.b64decode(packed)):
        begin, first, length = json.loads(line)
        if first is None:
            yield begin
        else:
            yield from (f"{begin}{number}" for number in range(first, first + length))


def _to_runs(sources: Iterable[str]) -> Iterator[tuple[str, int | None, int]]:
    """Yield the beginning of places, the first number and how many follow; no number where there is none."""
    begin, first, length = "", 0, 0
    for source in sources:
        own, number = _divide(source)
        if length and number is not None and own == begin and number == first + length:
            length += 1
            continue
        if length:
            yield begin, first, length
        begin, first, length = own, number or 0, 1
        if number is None:
            yield source, None, 1
            length = 0
    if length:
        yield begin, first, length


def _divide(source: str) -> tuple[str, int | None]:
    """Return a place without its number, and the number where it is written as numbers are."""
    name, colon, number = source.rpartition(":")
    is_number = colon and number.isascii() and number.isdecimal() and (number == "0" or number[0] != "0")
    return (name + colon, int(number)) if is_number else (source, None)


def _unpack_lines(packed: bytes) -> Iterator[bytes]:
    unpacker, begun = zlib.decompressobj(), b""
    for start in range(0, len(packed), PART):
        *lines, begun = (begun + unpacker.decompress(packed[start : start + PART])).split(b"\n")
        yield from lines


def find_places(rows: Sequence[Row], sources: Iterable[str]) -> Iterator[int]:
    """Yield where the rows from these sources are, the last of several; raise LookupError for one that is gone."""
    path = make_scratch() / "sources"
    index = _index(rows, path)
    try:
        for source in sources:
            found = index.execute("SELECT place FROM sources WHERE source = ?", (source,)).fetchone()
            if found is None:
                raise LookupError(f"{source} is gone")
            yield found[0]
    finally:
        release({0: index}, path)


def _index(rows: Iterable[Row], path: Path) -> sqlite3.Connection:
    """Return a table of the places of rows by their sources, in a file."""
    table = connect(path)
    table.execute("CREATE TABLE sources (source TEXT PRIMARY KEY, place INTEGER) WITHOUT ROWID")
    pairs = zip((row.source for row in rows), count(), strict=False)
    while chunk := list(islice(pairs, AT_ONCE)):
        with naming_full_disk(path, chunk[-1][1]):
            table.executemany("INSERT OR REPLACE INTO sources VALUES (?, ?)", chunk)
    return table
