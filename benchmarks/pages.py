"""A page whose tables are made from records: what is between two markers is generated, the rest is written by hand."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    return replaced(page, begin(made_by), f"\n{made}\n", END)


def replaced(page: str, first: str, made: str, last: str) -> str:
    """Return the page with what is between two markers replaced; the markers stay."""
    before, _, rest = page.partition(first)
    _, _, after = rest.partition(last)
    return f"{before}{first}{made}{last}{after}"


def check(file: Path, render: Callable[[str], str]) -> str | None:
    """Return what is wrong where a page, generated again, differs; None where it doesn't."""
    page = file.read_text()
    return None if render(page) == page else f"{file} isn't what its records say"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def read_lines(path: Path) -> list[Record]:
    """Return the records of a file, one JSON object a line; none where there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write records, a line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


@dataclass(frozen=True)
class Part:
    """What one command measures, by name, and the part of a page that it makes of its records."""

    made_by: str
    page: Path
    records: Path
    names: Sequence[str]
    """What can be measured, in the order of the records."""
    key: str
    """The field of a record that has its name."""
    play: Callable[[str], list[Record]]
    render: Callable[[Sequence[Record]], str]

    def render_page(self, page: str, records: Sequence[Record]) -> str:
        """Return the page with this part made again."""
        return put(page, self.made_by, self.render(records))

    def measure(self, name: str) -> None:
        """Replace the records of one name, and make the page."""
        others = (record for record in read_lines(self.records) if record[self.key] != name)
        write_lines(self.records, sorted([*others, *self.play(name)], key=lambda one: self.names.index(one[self.key])))
        self.page.write_text(self.render_page(self.page.read_text(), read_lines(self.records)))

    def main(self, command: str, description: str | None) -> None:
        """Measure what is named, all by default, and make the page; or only check it."""
        parser = argparse.ArgumentParser(prog=f"python -m {command}", description=description)
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {', '.join(self.names)}")
        parser.add_argument("--check", action="store_true", help="fail where the page isn't what the records say")
        arguments = parser.parse_args()
        if arguments.check:
            sys.exit(check(self.page, lambda page: self.render_page(page, read_lines(self.records))))
        for name in arguments.names or self.names:
            self.measure(name)
