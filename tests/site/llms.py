"""`python -m tests.site.llms [--check]`: docs/llms.txt, the menu with each page's first sentence (llmstxt.org).

Who reads pages by program finds there what each is about, and the Markdown that it is made of.
"""

import re
import sys
from pathlib import Path

from localcluster.paths import CHECKOUT
from refit_operator.api.generated import write_or_check
from tests.site.markdown import FENCE
from tests.site.navigation import HEADING, Page, sections

FILE = Path("docs/llms.txt")
HEADER = """# Refit

> {summary}

{details} Paths are relative to this file.
"""
SENTENCE = re.compile(r"(.+?[.!?])(?=\s+[A-Z`*\[(]|\s*$)", re.DOTALL)
OPTIONAL = ("Benchmarks", "Decisions")
"""Sections that are one there, which by llmstxt.org a reader with little room leaves out."""


def first_sentences(text: str, number: int = 1) -> str:
    """Return the first sentences below a page's heading, as plain text."""
    below = HEADING.split(FENCE.sub("", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)), maxsplit=1)[-1]
    paragraphs = [part.strip() for part in _without_tables(below).split("\n\n")]
    words = re.sub(r"\s+", " ", next((part for part in paragraphs if part), ""))
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)
    found = SENTENCE.findall(plain)[:number]
    return " ".join(part.strip() for part in found) if found else plain


def _without_tables(text: str) -> str:
    """Return the paragraphs alone: no tables, headings, pictures, lists, and no note of how a page is made."""
    return re.sub(r"^(?:\||#|!\[|Status: |Generated from |[-*] |\d+\. ).*$", "", text, flags=re.MULTILINE)


def _line(checkout: Path, page: Page) -> str:
    sentence = first_sentences((checkout / "docs" / page.path).read_text()).rstrip(":")
    return f"- [{page.title.replace('`', '')}]({page.path})" + (f": {sentence}" if sentence else "")


def render(checkout: Path = CHECKOUT) -> str:
    """Return the file."""
    index = first_sentences((checkout / "docs" / "index.md").read_text(), 2)
    summary, _, details = index.partition(". ")
    parts = [HEADER.format(summary=f"{summary}.", details=details)]
    menu = sections(checkout)
    parts += [_section(checkout, each.title, each.pages) for each in menu if each.title not in OPTIONAL]
    left = tuple(page for each in menu if each.title in OPTIONAL for page in each.pages)
    return "\n".join([*parts, _section(checkout, "Optional", left)])


def _section(checkout: Path, title: str, pages: tuple[Page, ...]) -> str:
    return f"## {title}\n" + "".join(f"{_line(checkout, page)}\n" for page in pages)


def main(arguments: list[str]) -> int:
    """Write the file, or with --check only say whether it differs (exit 1)."""
    return write_or_check({CHECKOUT / FILE: render()}, "make llms", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
