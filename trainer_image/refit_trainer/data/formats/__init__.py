"""How files hold rows. A format is one file here with a `FORMAT`; `find_format` finds it by the file's name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from refit_trainer.contract.plugins import find_plugin
from refit_trainer.data.rows import Problems

LEFT_BY_TOOLS = {"@eadir", "#recycle", "#snapshot", "@recycle", "$recycle.bin", "system volume information"}
LEFT_BY_TOOLS |= {"__macosx", "__pycache__", "lost+found", "thumbs.db", "ehthumbs.db", "desktop.ini"}
"""Names in lower case, beside those that begin with a dot."""


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

    def read(self, path: Path, problems: Problems) -> Iterator[Document]:
        """Yield the rows of a file or a folder, in order, noting what can't be read."""


def files_named(path: Path, suffix: str, problems: Problems) -> list[Path]:
    """Return a file itself, or a folder's files with that suffix in the order of their names.

    Those that tools leave are left out, and links out of the folder are refused.
    """
    if path.is_file():
        return [path]
    found = sorted(file for file in path.glob(f"*{suffix}") if file.is_file() and not is_left_by_tool(file.name))
    return [file for file in found if is_inside(file, path, problems)]


def is_inside(file: Path, folder: Path, problems: Problems) -> bool:
    """Tell whether a file is in a data set's folder, links resolved; note it where it isn't."""
    if file.resolve().is_relative_to(folder.resolve()):
        return True
    problems.add(file.relative_to(folder).as_posix(), "is a link out of the data set")
    return False


def is_left_by_tool(name: str) -> bool:
    """Tell whether a file or folder is what editors, archivers, network storage or file systems leave."""
    return name.startswith((".", "~$")) or name.endswith("~") or name.casefold() in LEFT_BY_TOOLS


def find_format(name: str) -> Format:
    """Return the format of that name; raise BadInput with the known names."""
    found: Format = find_plugin(__name__, "dataset.format", name).FORMAT
    return found
