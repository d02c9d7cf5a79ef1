"""The menu of the site, from mkdocs.yml: its sections, and the pages in each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HEADING = re.compile(r"^# (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A page by its path below docs/, and what the menu calls it."""

    path: str
    title: str


@dataclass(frozen=True)
class Section:
    """A section of the menu, with its pages in order."""

    title: str
    pages: tuple[Page, ...]


def sections(checkout: Path) -> tuple[Section, ...]:
    """Return the menu; an entry that ends with / stands for all pages of that folder."""
    docs = checkout / "docs"
    entries = yaml.safe_load((checkout / "mkdocs.yml").read_text())["nav"]
    return tuple(Section(title, tuple(_pages(docs, below))) for entry in entries for title, below in entry.items())


def _pages(docs: Path, entries: list[dict[str, Any]]) -> Iterator[Page]:
    for title, below in (item for entry in entries for item in entry.items()):
        if isinstance(below, list):
            yield from _pages(docs, below)
        elif below.endswith("/"):
            yield from (Page(str(path.relative_to(docs)), title_of(path)) for path in _in_folder(docs / below))
        else:
            yield Page(below, title)


def _in_folder(folder: Path) -> list[Path]:
    """Return the pages of a folder, its README first."""
    return sorted(folder.glob("*.md"), key=lambda path: (path.name != "README.md", path.name))


def title_of(page: Path) -> str:
    """Return a page's own heading."""
    found = HEADING.search(page.read_text())
    return found[1] if found else page.stem
