"""What pages of the documentation name in code: tests, and the rows of their tables."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from localcluster.paths import CHECKOUT

CODE = re.compile(r"`([^`\n]+)`")
TEST = re.compile(r"(?P<path>tests/[\w./-]*)(?:::(?P<name>\w+)(?:\[(?P<case>.+)\])?)?")
BARE = re.compile(r"test_\w+\.py(::.*)?")
CELL_END = re.compile(r" \|(?= )")


class Row(NamedTuple):
    """Something that an operator is expected to have."""

    number: str
    what: str
    commands: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def is_there(self) -> bool:
        """Whether Refit has it, or a part of it."""
        return bool(self.commands)


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the names of a module's tests."""
    tree = ast.parse(path.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_"))


def missing(text: str) -> list[str]:
    """Return what a text names that isn't there; a test is named by its path, so that it is found."""
    return [named for named in CODE.findall(text) if BARE.fullmatch(named) or not is_there(named)]


def is_there(named: str) -> bool:
    """Return whether a test, a file or a folder below tests/ is there; whatever else is named counts as there."""
    found = TEST.fullmatch(named)
    if found is None:
        return not named.startswith("tests/")
    path, name, case = CHECKOUT / found["path"], found["name"], found["case"]
    if name is None or not path.is_file():
        return name is None and path.exists()
    return name in names_in(path) and (case or "") in path.read_text()


def rows(page: Path) -> Iterator[list[str]]:
    """Return the cells of each row of a page's tables, their heads and lines left out."""
    lines = page.read_text().splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("| ") and not line.startswith("|---") and not following.startswith("|---"):
            yield [cell.strip() for cell in CELL_END.split(line.removeprefix("|").removesuffix("|"))]


def checklist() -> list[Row]:
    """Return the rows of docs/reference/checklist.md."""
    cells = rows(CHECKOUT / "docs" / "reference" / "checklist.md")
    return [Row(number, what, *(tuple(CODE.findall(cell)) for cell in rest)) for number, what, *rest in cells]
