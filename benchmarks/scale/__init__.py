"""What ten thousand monitors cost: the rows of docs/benchmarks/scale.md and their records.

A row lets two or more sides do the same work in turn, the operator and what a competent user would write instead
(benchmarks/baselines), and keeps every single measurement: docs/benchmarks/scale/NAME.jsonl. The page and its pictures
are made of these alone. A module here with `ROWS` is on the page by that.
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.pages import Record

Records = Sequence[Record]
OURS = "the operator"


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, ...]
    """Monitors, or breaches."""
    rounds: int
    """How often each side has its turn."""


@dataclass(frozen=True)
class Figure:
    """A number that is measured of each side."""

    key: str
    """In a record."""
    name: str
    """With its unit, for tables and axes."""


@dataclass(frozen=True)
class Goal:
    """What a figure has to reach; of the medians at the largest size that both sides played."""

    figure: Figure
    least: float
    """How many times the other side's figure is ours at least."""
    against: str
    asked_at: int = 10_000
    """The size for which the goal is set."""


@dataclass(frozen=True)
class Limit:
    """What a figure of ours may be at most."""

    figure: Figure
    most: float
    asked_at: int = 10_000
    side: str = OURS


@dataclass(frozen=True)
class Row:
    """A part of the page."""

    name: str
    """Of its records and for the command line."""
    number: int
    """Its place on the page."""
    title: str
    method: str
    """What is measured and how, in Markdown."""
    sides: tuple[str, ...]
    """Ours first."""
    figures: tuple[Figure, ...]
    measure: Callable[[Plan], list[Record]]
    """Return a record for each turn: `side`, `size`, `round`, and the figures."""
    goals: tuple[Goal | Limit, ...] = ()
    caveats: str = ""
    sizes: tuple[int, ...] = (100, 1_000, 10_000)
    """What is measured where the command line names none."""
    drawn: tuple[Figure, ...] = ()
    """What has a picture, by size."""


def rows() -> list[Row]:
    """Return all rows in the order of the page."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    found: list[Row] = [row for module in modules for row in getattr(module, "ROWS", ())]
    return sorted(found, key=lambda row: (row.number, row.name))
