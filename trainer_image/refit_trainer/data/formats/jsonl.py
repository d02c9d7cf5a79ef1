"""`jsonl`: an object a line. The model server may be appending: an unfinished last line isn't a row yet."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from refit_trainer.data.formats import Document, files_named
from refit_trainer.data.rows import Problems

log = logging.getLogger(__name__)


class JsonLines:
    """The format `jsonl`."""

    holds = "files named *.jsonl"

    def read(self, path: Path, problems: Problems) -> Iterator[Document]:
        """Yield the objects of all lines."""
        for file in files_named(path, ".jsonl", problems):
            yield from read_lines(file, problems)


def read_lines(file: Path, problems: Problems) -> Iterator[Document]:
    """Yield the objects of a file's lines, noting what isn't one."""
    *finished, last = file.read_bytes().split(b"\n")
    for number, text in enumerate(finished, start=1):
        if text.strip():
            columns = _parse(text)
            if isinstance(columns, dict):
                yield Document(columns, f"{file.name}:{number}", file.parent)
            else:
                problems.add(f"{file.name}:{number}", columns)
    if isinstance(columns := _parse(last), dict):  # no beginning of an object is an object: this one is whole
        yield Document(columns, f"{file.name}:{len(finished) + 1}", file.parent)
    elif last.strip():
        log.info("data.unfinished_line file=%s line=%d", file.name, len(finished) + 1)


def _parse(text: bytes) -> dict[str, Any] | str:
    """Return the object on a line, or what is wrong with it."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return document if isinstance(document, dict) else "not a JSON object"


FORMAT = JsonLines()
