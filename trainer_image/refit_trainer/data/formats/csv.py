"""`csv`: comma-separated text with a header line (RFC 4180), in UTF-8; an empty field is a missing value."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from refit_trainer.data.columns import find_repeated
from refit_trainer.data.contents import endings, read_contents
from refit_trainer.data.formats import Document
from refit_trainer.data.listing import Listing
from refit_trainer.data.rows import Problems


class Csv:
    """The format `csv`."""

    holds = "files named *.csv or *.csv.gz"

    def read(self, files: Listing, problems: Problems) -> Iterator[Document]:
        """Yield the lines of all files under their headers' names; the line number is the one that a row ends on."""
        for file in files.named(endings(".csv"), problems):
            yield from _read_file(file, problems)


def _read_file(file: Path, problems: Problems) -> Iterator[Document]:
    contents = read_contents(file, problems)
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len((error.object[: error.start] + b".").splitlines())
        problems.add(f"{file.name}:{line}", f"not CSV: {error}")
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if problem := find_repeated(reader.fieldnames or ()):
            problems.add(f"{file.name}:1", problem)
            return
        for row in reader:
            source = f"{file.name}:{reader.line_num}"
            if None in row:
                problems.add(source, f"has more fields than the header's {len(reader.fieldnames or ())}")
                continue
            yield Document({name: value or None for name, value in row.items()}, source, file.parent)
    except csv.Error as error:
        problems.add(f"{file.name}:{reader.reader.line_num or 1}", f"not CSV: {error}")


FORMAT = Csv()
