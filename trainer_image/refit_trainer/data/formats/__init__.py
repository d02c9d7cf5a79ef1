"""How files hold rows. A format is one file here with a `FORMAT`; `find_format` finds it by the file's name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from refit_trainer.contract.plugins import find_plugin
from refit_trainer.data.listing import Listing
from refit_trainer.data.rows import Problems


@dataclass(frozen=True, slots=True)
class Document:
    """One row as it was found: its columns, where it was read, and the folder that its paths start from."""

    columns: Mapping[str, Any]
    source: str
    folder: Path


class Format(Protocol):
    """What `read_rows` needs of a format."""

    holds: str
    """What a folder must hold, for the message where it holds none."""

    def read(self, files: Listing, problems: Problems) -> Iterator[Document]:
        """Take from a file or a folder what is the format's; yield its rows in order, noting what can't be read."""


def find_format(name: str) -> Format:
    """Return the format of that name; raise BadInput with the known names."""
    found: Format = find_plugin(__name__, "dataset.format", name).FORMAT
    return found
