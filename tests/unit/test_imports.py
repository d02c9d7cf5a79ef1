"""What tests share is in tests/support: no test module is imported, and no conftest."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def imported(text: str) -> Iterator[str]:
    """Give the full name of everything that a module imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of_test_modules(text: str) -> list[str]:
    """Return what of the imports is, or is in, a test module or a conftest."""
    ours = (name.split(".") for name in imported(text) if name.startswith("tests."))
    return [".".join(parts) for parts in ours if any(part.startswith(("test_", "conftest")) for part in parts)]


def test_no_test_module_is_imported() -> None:
    found = {str(path.relative_to(TESTS)): of_test_modules(path.read_text()) for path in TESTS.rglob("*.py")}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("line", "want"),
    [
        ("from tests.unit.run.test_decide import seen", True),
        ("from tests.wire.prometheus.conftest import BEGIN", True),
        ("from tests.unit.run import test_decide", True),
        ("import tests.unit.run.test_decide", True),
        ("from tests.support.runs import seen", False),
    ],
)
def test_what_counts(line: str, want: bool) -> None:
    assert bool(of_test_modules(line)) is want
