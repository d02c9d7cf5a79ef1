"""`csv`: comma-separated text with a header line (RFC 4180), in UTF-8; an empty field is a missing value."""

import csv
from collections.abc import Iterator
from pathlib import Path

from refit_trainer.data.formats import Document, files_named
from refit_trainer.data.rows import Problems


class Csv:
    """The format `csv`."""

    holds = "files named *.csv"

    def read(self, path: Path, problems: Problems) -> Iterator[Document]:
        """Yield the lines of all files under their headers' names; the line number is the one that a row ends on."""
        for file in files_named(path, ".csv", problems):
            yield from _read_file(file, problems)


def _read_file(file: Path, problems: Problems) -> Iterator[Document]:
    if problem := _find_bad_byte(file):
        problems.add(*problem)
        return
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines, strict=True)
        try:
            for row in reader:
                source = f"{file.name}:{reader.line_num}"
                if None in row:
                    problems.add(source, f"has more fields than the header's {len(reader.fieldnames or ())}")
                    continue
                yield Document({name: value or None for name, value in row.items()}, source, file.parent)
        except csv.Error as error:
            problems.add(f"{file.name}:{reader.reader.line_num or 1}", f"not CSV: {error}")


def _find_bad_byte(file: Path) -> tuple[str, str] | None:
    """Return the line of the first byte that is no UTF-8, and what is wrong with it."""
    contents = file.read_bytes()
    try:
        contents.decode("utf-8")
    except UnicodeDecodeError as error:
        line = len((contents[: error.start] + b".").splitlines())
        return f"{file.name}:{line}", f"not CSV: {error}"
    return None


FORMAT = Csv()
