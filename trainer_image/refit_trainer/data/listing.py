"""A data set's files, listed once: what is read is taken from the list, and what is left is reported."""

import os
from collections.abc import Iterator
from pathlib import Path

from refit_trainer.data.rows import Problems

LEFT_BY_TOOLS = {"@eadir", "#recycle", "#snapshot", "@recycle", "$recycle.bin", "system volume information"}
LEFT_BY_TOOLS |= {"__macosx", "__pycache__", "lost+found", "thumbs.db", "ehthumbs.db", "desktop.ini"}
"""Names in lower case, beside those that begin with a dot."""
ABOUT_DATA = {"readme", "license", "licence", "_success"}
"""Names in lower case, without an ending, of what tells of rows and holds none."""
LONGEST = 80  # characters of a name


class Listing:
    """A file, or a folder with all that is in it and its folders but what tools leave."""

    def __init__(self, path: Path) -> None:
        """List a folder; of a single file nothing is left."""
        self.path = path
        self._left = dict.fromkeys(sorted(map(_normal, _walk(path)))) if path.is_dir() else {}

    def named(self, suffixes: tuple[str, ...], problems: Problems) -> list[Path]:
        """Take a file itself, or a folder's files with one of these endings in the order of their names."""
        if self.path.is_file():
            return [self.path]
        names = sorted(file for file in self.path.iterdir() if file.name.lower().endswith(suffixes))
        return [
            file for file in names if file.is_file() and not is_left_by_tool(file.name) and self.take(file, problems)
        ]

    def take(self, file: Path, problems: Problems) -> bool:
        """Take a file to read; note it, and return False, where it is a link out of the folder."""
        self.skip(file)
        if file.resolve().is_relative_to(self.path.resolve()):
            return True
        problems.add(file.relative_to(self.path).as_posix(), "is a link out of the data set")
        return False

    def skip(self, file: Path) -> None:
        """Take a file from the list that isn't to be reported."""
        named = _normal(file)
        self._left.pop(named, None)
        self._left.pop(named.parent, None)  # a folder that is a link is listed itself

    def note(self, place: Path | str) -> None:
        """Have a folder, or a line of a file, reported as unread."""
        self._left[_normal(self.path / place)] = None

    def left(self) -> tuple[str, ...]:
        """Return the names of what nobody has taken, in the folder's terms; a folder's end with a slash."""
        return tuple(map(self._show, self._left))

    def _show(self, path: Path) -> str:
        name = path.relative_to(_normal(self.path)).as_posix() + ("/" if path.is_dir() else "")
        return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)[:LONGEST]


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the paths of files, and of folders that aren't entered: links, and those that can't be opened."""
    closed: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not is_left_by_tool(name)]
        yield from (path for name in folders if (path := Path(place, name)).is_symlink())
        yield from (Path(place, name) for name in files if not (is_left_by_tool(name) or _is_about_data(name)))
    yield from (Path(error.filename) for error in closed)


def _normal(path: Path) -> Path:
    """Return a path without `..`, as rows may name files by; links in it stay."""
    return Path(os.path.normpath(path))


def is_left_by_tool(name: str) -> bool:
    """Tell whether a file or folder is what editors, archivers, network storage or file systems leave."""
    return name.startswith((".", "~$")) or name.endswith("~") or name.casefold() in LEFT_BY_TOOLS


def _is_about_data(name: str) -> bool:
    return name.partition(".")[0].casefold() in ABOUT_DATA
