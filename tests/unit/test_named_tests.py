"""Markdown files: every test, folder or file below tests/ that one names in code is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from localcluster.paths import CHECKOUT

CODE = re.compile(r"`([^`\n]+)`")
TEST = re.compile(r"(?P<path>tests/[\w./-]*)(?:::(?P<name>\w+)(?:\[(?P<case>.+)\])?)?")
BARE = re.compile(r"test_\w+\.py(::.*)?")
PAGES = sorted(path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "docs").rglob("*.md"))


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_"))


def missing(text: str) -> list[str]:
    """Return what a text names that isn't there; a test is named by its path, so that it is found."""
    return [named for named in CODE.findall(text) if BARE.fullmatch(named) or not is_there(named)]


def is_there(named: str) -> bool:
    found = TEST.fullmatch(named)
    if found is None:
        return not named.startswith("tests/")
    path, name, case = CHECKOUT / found["path"], found["name"], found["case"]
    if name is None or not path.is_file():
        return name is None and path.exists()
    return name in names_in(path) and (case or "") in path.read_text()


@pytest.mark.parametrize("page", [*PAGES, "README.md", "CONTRIBUTING.md"])
def test_every_test_that_is_named_is_there(page: str) -> None:
    assert missing((CHECKOUT / page).read_text()) == []


def test_a_test_that_is_gone_is_found() -> None:
    here, this = "tests/unit/test_named_tests.py", "test_a_test_that_is_gone_is_found"
    right = ["tests/unit/", here, f"{here}::{this}", f"{here}::{this}[right]", "make test"]
    gone = [f"{here}::test_gone", f"{here}::{this}[{this.upper()}]", "tests/gone/", "test_a.py"]
    assert missing(" ".join(f"`{name}`" for name in [*right, *gone])) == gone
