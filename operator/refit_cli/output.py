"""What commands print: tables for users, JSON or YAML for programs."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

import yaml
from rich.console import Console
from rich.table import Table


class Format(StrEnum):
    """The values of -o."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"

    @property
    def is_data(self) -> bool:
        """Whether a program reads it."""
        return self in (Format.JSON, Format.YAML)


def console() -> Console:
    """Return where results go; a program that reads them gets no colours, and lines that are not cut."""
    out = Console(highlight=False, soft_wrap=False)
    return out if out.is_terminal else Console(highlight=False, width=200)


def print_data(data: Any, form: Format) -> None:
    """Print a document as JSON or YAML."""
    if form is Format.YAML:
        print(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), end="")
    else:
        print(json.dumps(data, indent=2, ensure_ascii=False))


def table(*columns: str, rows: Iterable[Sequence[Any]] = (), flexible: str = "", numbers: Sequence[str] = ()) -> Table:
    """Return a table as kubectl prints them: no lines, capitals on top; only the flexible column is broken."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in numbers else "left"
        made.add_column(column, no_wrap=column != flexible, overflow="fold", justify=justify)
    for row in rows:
        made.add_row(*row)
    return made


def age(time: datetime, now: datetime) -> str:
    """Return how long ago something was, as kubectl prints it."""
    return span(now - time)


def span(length: timedelta) -> str:
    """Return a duration in its one or two largest units."""
    seconds = max(0, int(length.total_seconds()))
    units = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
    largest = next((index for index, (_, size) in enumerate(units) if seconds >= size), len(units) - 1)
    name, size = units[largest]
    text = f"{seconds // size}{name}"
    if largest < len(units) - 1 and seconds // size < 10 and (rest := seconds % size // units[largest + 1][1]):
        text += f"{rest}{units[largest + 1][0]}"
    return text
