"""`jsonl`: an object a line. The model server may be appending: an unfinished last line isn't a row yet."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from refit_trainer.data.contents import endings, open_contents
from refit_trainer.data.formats import Document
from refit_trainer.data.listing import Listing
from refit_trainer.data.rows import Problems

BEGUN = re.compile(r"[\w.+-]{0,9}")
"""What JSON's parser leaves of an object that is cut: nothing, or a part of a number, an escape or a word."""
PART = 1 << 20  # bytes read at once
log = logging.getLogger(__name__)


class JsonLines:
    """The format `jsonl`."""

    holds = "files named *.jsonl or *.jsonl.gz"

    def read(self, files: Listing, problems: Problems) -> Iterator[Document]:
        """Yield the objects of all lines."""
        for file in files.named(endings(".jsonl"), problems):
            yield from read_lines(file, files, problems)


def read_lines(file: Path, files: Listing, problems: Problems) -> Iterator[Document]:
    """Yield the objects of a file's lines, noting what isn't one. A file without newlines may have carriage returns."""
    with open_contents(file, problems) as contents:
        lines = _split(contents, b"\n" if _has_newline(file) else b"\r")
        for number, (text, is_finished) in enumerate(lines, start=1):
            if not text.strip():
                continue
            columns = _parse(text)
            if isinstance(columns, dict):  # no beginning of an object is an object: this one is whole
                yield Document(columns, f"{file.name}:{number}", file.parent)
            elif not is_finished and _is_begun(text):
                log.info("data.unfinished_line file=%s line=%d", file.name, number)
                files.note(f"{file.name}:{number}")
            else:
                problems.add(f"{file.name}:{number}", columns)


def _has_newline(file: Path) -> bool:
    """Tell whether there is a newline anywhere; a file that can't be read has none, and is noted by who reads it."""
    with open_contents(file, Problems()) as contents:
        return any(b"\n" in part for part in iter(lambda: contents.read(PART), b""))
    return False


def _split(contents: BinaryIO, end: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield the lines without their ends, each with whether it has one."""
    if end == b"\n":
        yield from ((line.removesuffix(end), line.endswith(end)) for line in contents)
        return
    begun = b""
    while part := contents.read(PART):
        *lines, begun = (begun + part).split(end)
        yield from ((line, True) for line in lines)
    yield begun, False


def _parse(text: bytes) -> dict[str, Any] | str:
    """Return the object on a line, or what is wrong with it."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    if isinstance(document, list):
        return "a JSON array, not a JSON object: the format is one object a line"
    return document if isinstance(document, dict) else "not a JSON object"


def _is_begun(text: bytes) -> bool:
    """Tell whether a line can be the beginning of an object that is still being written."""
    try:
        json.loads(_without_cut_letter(text))
    except json.JSONDecodeError as error:
        rest = error.doc[error.pos :]
        is_cut = error.msg.startswith("Unterminated string") or BEGUN.fullmatch(rest) is not None
        return error.doc.lstrip().startswith("{") and is_cut
    except (ValueError, RecursionError):
        return False
    return False


def _without_cut_letter(text: bytes) -> bytes:
    """Return the text without the first bytes of a letter whose others aren't written yet."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return text[: error.start] if error.reason == "unexpected end of data" else text
    return text


FORMAT = JsonLines()
