"""The bytes of a file of rows, in a stream, unpacked where its name says that it is compressed."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from refit_trainer.data.rows import Problems

PACKED = ".gz"
NOT_GZIP = (gzip.BadGzipFile, EOFError, zlib.error)


def endings(suffix: str) -> tuple[str, ...]:
    """Return the endings of a format's files, plain and compressed."""
    return suffix, suffix + PACKED


@contextmanager
def open_contents(file: Path, problems: Problems) -> Iterator[BinaryIO]:
    """Give a file's contents to read; where it turns out not to be what its name says, note that and go on after it."""
    try:
        with file.open("rb") as contents:
            if file.name.lower().endswith(PACKED):
                with gzip.GzipFile(fileobj=contents) as unpacked:
                    yield cast(BinaryIO, io.BufferedReader(unpacked))
            else:
                yield contents
    except NOT_GZIP as error:
        problems.add(file.name, f"not gzip: {error}")
