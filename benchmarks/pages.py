"""A page whose tables are made from records: what is between two markers is generated, the rest is written by hand."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "docs" / "benchmarks"
END = "<!-- end -->"
Record = dict[str, Any]


def begin(made_by: str) -> str:
    """Return the marker before what a command makes."""
    return f"<!-- made by `{made_by}` -->"


def put(page: str, made_by: str, made: str) -> str:
    """Return the page with what is between a command's markers replaced."""
    before, _, rest = page.partition(begin(made_by))
    _, _, after = rest.partition(END)
    return f"{before}{begin(made_by)}\n{made}\n{END}{after}"


def check(file: Path, render: Callable[[str], str]) -> str | None:
    """Return what is wrong where a page, generated again, differs; None where it doesn't."""
    page = file.read_text()
    return None if render(page) == page else f"{file} isn't what its records say"


def read_lines(path: Path) -> list[Record]:
    """Return the records of a file, one JSON object a line; none where there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write records, a line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
