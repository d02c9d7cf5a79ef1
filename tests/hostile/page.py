"""The table of played vectors in docs/security.md: `python -m tests.hostile.page` writes it."""

from collections import Counter
from pathlib import Path

from tests.hostile.catalogue import FAMILIES

PAGE = Path("docs/security.md")
BEGIN = "<!-- Generated from tests/hostile by `python -m tests.hostile.page`; do not edit. -->\n"
END = "<!-- End of what is generated. -->\n"


def table() -> str:
    """Return a line for each family."""
    head = "| what is sent | by whom | to | vectors |\n|---|---|---|---|\n"
    rows = (f"| {f.name} | {f.attacker} | {f.entry} | {len(f.vectors)} |\n" for f in FAMILIES)
    return head + "".join(rows) + f"| **all** | | {by_entry()} | **{count()}** |\n"


def count() -> int:
    """Return how many vectors there are."""
    return sum(len(family.vectors) for family in FAMILIES)


def by_entry() -> str:
    """Return how many of them each place has, in words."""
    found: Counter[str] = Counter()
    for family in FAMILIES:
        found[family.entry] += len(family.vectors)
    return ", ".join(f"{entry} {number}" for entry, number in found.items())


def render(page: str) -> str:
    """Return the page with the table of today between its markers."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text()))
