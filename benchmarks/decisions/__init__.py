"""How often decisions are wrong and how late they are: the sections of docs/benchmarks/decisions.md, a module each.

A section is measured once, with fixed seeds, into records: docs/benchmarks/decisions/NAME.jsonl. Its text, tables and
pictures are made of these alone, so that the page can be checked against them in a second. A module here with a
`SECTION` is on the page by that.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.pages import Record

Records = Sequence[Record]


def _no_pictures(_: Records) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    name: str
    """Of its records and for the command line."""
    place: int
    """On the page: smaller ones first."""
    measure: Callable[[], list[Record]]
    """Simulate, with fixed seeds: the same records every time."""
    render: Callable[[Records], str]
    """Return the section in Markdown, beginning with its heading `## …`; pictures lie in `decisions/`."""
    pictures: Callable[[Records], Mapping[str, str]] = _no_pictures
    """Return the pictures, SVG by file name; a name begins with the section's."""


def sections() -> list[Section]:
    """Return all sections in the order of the page."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    found: list[Section] = [module.SECTION for module in modules if hasattr(module, "SECTION")]
    return sorted(found, key=lambda section: section.place)
