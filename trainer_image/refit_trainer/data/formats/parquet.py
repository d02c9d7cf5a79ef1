"""`parquet`: Apache Parquet files; images and recordings as Hugging Face writes them, `{"bytes", "path"}`."""

from collections.abc import Iterator
from pathlib import Path

from refit_trainer.data.columns import find_repeated
from refit_trainer.data.formats import Document
from refit_trainer.data.listing import Listing
from refit_trainer.data.rows import Problems
from refit_trainer.data.tables import to_rows
from refit_trainer.data.unreadable import noting

BATCH = 1000  # rows that are Python's at once


class Parquet:
    """The format `parquet`."""

    holds = "files named *.parquet"

    def read(self, files: Listing, problems: Problems) -> Iterator[Document]:
        """Yield the rows of all files; a row's number counts from 1."""
        for file in files.named((".parquet",), problems):
            yield from _read_file(file, problems)


def _read_file(file: Path, problems: Problems) -> Iterator[Document]:
    from pyarrow.parquet import ParquetFile

    number = 0
    with noting(lambda: f"{file.name}:{number + 1}", problems), ParquetFile(file) as parquet:
        if problem := find_repeated(parquet.schema_arrow.names):
            problems.add(f"{file.name}:1", problem)
            return
        for batch in parquet.iter_batches(BATCH):
            for columns in to_rows(batch, file.name, number, problems):
                number += 1
                yield Document(columns, f"{file.name}:{number}", file.parent)


FORMAT = Parquet()
