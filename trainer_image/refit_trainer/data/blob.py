"""A value that is a file's contents: an image, a recording. In memory, or on disk until it is read."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Blob:
    """Contents in memory, or where they are."""

    at: Path | bytes
    name: str = field(default="", compare=False)
    """What a row calls it, for messages."""

    def read(self) -> bytes:
        """Return the contents."""
        return self.at if isinstance(self.at, bytes) else self.at.read_bytes()

    @property
    def title(self) -> str:
        """The name in quotes and a blank, nothing where there is no name."""
        return f"{self.name!r:.80} " if self.name else ""

    @property
    def digest(self) -> str:
        """The SHA-256 of the contents, in hexadecimal."""
        return hashlib.sha256(self.read()).hexdigest()


def find_blob(value: Any, folder: Path) -> Blob | str:
    """Return the contents that a column names, or what is wrong with it.

    A string is a path beside the rows; an object is what Hugging Face datasets keep: `{"bytes": …, "path": …}`, the
    bytes in base64 where the rows are JSON.
    """
    if isinstance(value, Blob):
        return value
    if isinstance(value, Mapping):
        return _of_object(value, folder)
    if not isinstance(value, str) or not value:
        return f"is {value!r}, not a path"
    path = folder / value
    if not path.resolve().is_relative_to(folder.resolve()):
        return f"is {value!r}, a path out of the data set"
    return Blob(path, value) if path.is_file() else f"is {value!r}, and there is no such file"


def path_of(value: Any) -> str | None:
    """Return the path of the file that a column names, None where the contents are in the row or nothing is named."""
    if isinstance(value, Mapping):
        value = None if value.get("bytes") else value.get("path")
    return value if isinstance(value, str) and value else None


def decode_base64(text: Any) -> Blob | str:
    """Return the contents that base64 text holds, or what is wrong with it."""
    try:
        return Blob(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, TypeError) as error:
        return f"isn't base64: {error}"


def _of_object(value: Mapping[str, Any], folder: Path) -> Blob | str:
    contents, name = value.get("bytes"), value.get("path")
    if not contents and not isinstance(contents, bytes):
        return find_blob(name, folder)
    found = Blob(contents) if isinstance(contents, bytes) else decode_base64(contents)
    return replace(found, name=name) if isinstance(found, Blob) and isinstance(name, str) else found
