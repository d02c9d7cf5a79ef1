"""The bytes of a file of rows, unpacked where its name says that it is compressed."""

import gzip
import zlib
from pathlib import Path

from refit_trainer.data.rows import Problems

PACKED = ".gz"


def endings(suffix: str) -> tuple[str, ...]:
    """Return the endings of a format's files, plain and compressed."""
    return suffix, suffix + PACKED


def read_contents(file: Path, problems: Problems) -> bytes:
    """Return a file's contents, unpacked; nothing, with the problem noted, where it isn't what its name says."""
    contents = file.read_bytes()
    if not file.name.lower().endswith(PACKED):
        return contents
    try:
        return gzip.decompress(contents)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        problems.add(file.name, f"not gzip: {error}")
        return b""
