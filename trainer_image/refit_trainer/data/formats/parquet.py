"""`parquet`: Apache Parquet files; images and recordings as Hugging Face writes them, `{"bytes", "path"}`."""

from collections.abc import Iterator
from pathlib import Path

from refit_trainer.data.formats import Document, files_named
from refit_trainer.data.rows import Problems


class Parquet:
    """The format `parquet`."""

    holds = "files named *.parquet"

    def read(self, path: Path, problems: Problems) -> Iterator[Document]:
        """Yield the rows of all files; a row's number counts from 1."""
        for file in files_named(path, ".parquet", problems):
            yield from _read_file(file, problems)


def _read_file(file: Path, problems: Problems) -> Iterator[Document]:
    import pyarrow as arrow
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(file) as parquet:
            for batch in parquet.iter_batches():
                for columns in batch.to_pylist():
                    number += 1
                    yield Document(columns, f"{file.name}:{number}", file.parent)
    except (arrow.ArrowException, OSError) as error:
        problems.add(f"{file.name}:{number + 1}", f"not Parquet: {error}")


FORMAT = Parquet()
