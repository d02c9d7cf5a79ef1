"""Markdown files: every test, folder or file below tests/ that one names in code is there."""

import pytest

from localcluster.paths import CHECKOUT
from tests.support.pages import missing

PAGES = sorted(path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", [*PAGES, "README.md", "CONTRIBUTING.md"])
def test_every_test_that_is_named_is_there(page: str) -> None:
    assert missing((CHECKOUT / page).read_text()) == []


def test_a_test_that_is_gone_is_found() -> None:
    here, this = "tests/unit/test_named_tests.py", "test_a_test_that_is_gone_is_found"
    right = ["tests/unit/", here, f"{here}::{this}", f"{here}::{this}[right]", "make test"]
    gone = [f"{here}::test_gone", f"{here}::{this}[{this.upper()}]", "tests/gone/", "test_a.py"]
    assert missing(" ".join(f"`{name}`" for name in [*right, *gone])) == gone
