"""`csv`: comma-separated text with a header line (RFC 4180), in UTF-8; an empty field is a missing value."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from refit_trainer.data.columns import find_repeated
from refit_trainer.data.contents import endings, open_contents
from refit_trainer.data.formats import Document
from refit_trainer.data.listing import Listing
from refit_trainer.data.rows import Problems

PART = 1 << 20  # bytes read at once


class Csv:
    """The format `csv`."""

    holds = "files named *.csv or *.csv.gz"

    def read(self, files: Listing, problems: Problems) -> Iterator[Document]:
        """Yield the lines of all files under their headers' names; the line number is the one that a row ends on."""
        for file in files.named(endings(".csv"), problems):
            yield from _read_file(file, problems)


def _read_file(file: Path, problems: Problems) -> Iterator[Document]:
    with open_contents(file, problems) as contents:
        reader = csv.DictReader(io.TextIOWrapper(contents, "utf-8-sig", newline=""), strict=True)
        try:
            yield from _read_rows(file, reader, problems)
        except csv.Error as error:
            problems.add(f"{file.name}:{reader.reader.line_num or 1}", f"not CSV: {error}")
        except UnicodeDecodeError:
            problems.add(*_find_undecodable(file))


def _read_rows(file: Path, reader: "csv.DictReader[str]", problems: Problems) -> Iterator[Document]:
    if problem := find_repeated(reader.fieldnames or ()):
        problems.add(f"{file.name}:1", problem)
        return
    for row in reader:
        source = f"{file.name}:{reader.line_num}"
        if None in row:
            problems.add(source, f"has more fields than the header's {len(reader.fieldnames or ())}")
            continue
        yield Document({name: value or None for name, value in row.items()}, source, file.parent)


def _find_undecodable(file: Path) -> tuple[str, str]:
    """Return the line that isn't UTF-8, and what is wrong with it, by its place in the text."""
    decoder, read = codecs.getincrementaldecoder("utf-8")(), 0
    mark = len(codecs.BOM_UTF8) if _has_mark(file) else 0
    with open_contents(file, Problems()) as contents:
        while True:
            part = contents.read(PART)
            read += len(part)
            try:
                decoder.decode(part, final=not part)
            except UnicodeDecodeError as error:
                start = read - len(error.object) + error.start
                return f"{file.name}:{_line_at(file, start)}", f"not CSV: {_describe(error, start - mark)}"
            if not part:
                return file.name, "not CSV: it changed while it was read"
    return file.name, "not CSV: it changed while it was read"


def _has_mark(file: Path) -> bool:
    with open_contents(file, Problems()) as contents:
        return contents.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    return False


def _line_at(file: Path, place: int) -> int:
    """Return the number of the line that has the byte at a place."""
    breaks, last = 0, b""
    with open_contents(file, Problems()) as contents:
        while place and (part := contents.read(min(PART, place))):
            breaks += part.count(b"\n") + part.count(b"\r") - (last + part).count(b"\r\n")
            last, place = part[-1:], place - len(part)
    return breaks + 1


def _describe(error: UnicodeDecodeError, start: int) -> str:
    """Return an error's words with the place in the text instead of that in a part of it."""
    wrong = error.object[error.start : error.end]
    end = start + len(wrong) - 1
    which = f"byte 0x{wrong[0]:02x} in position {start}" if len(wrong) == 1 else f"bytes in position {start}-{end}"
    return f"'{error.encoding}' codec can't decode {which}: {error.reason}"


FORMAT = Csv()
