"""Markdown files: every relative link leads to a file that the repository has, and every #part to a place in it."""

import re
import subprocess
from pathlib import Path

import pytest

from localcluster.paths import CHECKOUT
from tests.site.markdown import FENCE, HEADING, links

PLACE = re.compile(r'<a id="([^"]+)"></a>')
TEMPLATES = ("tests/faults/page.md",)
"""Their links hold from the page that is made of them."""


def tracked(pattern: str) -> list[str]:
    """Return the files of the working tree that git knows or would add."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern]
    found = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(name for name in found if (CHECKOUT / name).exists())


def anchor(heading: str) -> str:
    """Return the part of an address by which GitHub links to a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def broken(file: Path) -> list[str]:
    """Return the links of a Markdown file that lead nowhere."""
    return [link for link in links(file.read_text()) if not leads_somewhere(file, link)]


def leads_somewhere(file: Path, link: str) -> bool:
    path, _, part = link.partition("#")
    found = file.parent / path if path else file
    if not found.exists() or not part:
        return found.exists()
    text = FENCE.sub("", found.read_text())
    return part in {anchor(heading) for heading in HEADING.findall(text)} | set(PLACE.findall(text))


@pytest.mark.parametrize("name", [name for name in tracked("*.md") if name not in TEMPLATES])
def test_every_relative_link_leads_somewhere(name: str) -> None:
    assert broken(CHECKOUT / name) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text('# What is `said`, again\n| <a id="here"></a> |\n')
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md) [b](gone.md) [c](other.md#what-is-said-again) [d](other.md#gone) [i](other.md#here)\n"
        "`[e](gone.md)` [f](https://example.com/gone.md) ![g](gone.png)\n```\n[h](gone.md)\n```\n"
    )
    assert broken(page) == ["gone.md", "other.md#gone", "gone.png"]
