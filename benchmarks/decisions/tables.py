"""Records by their values, and Markdown tables of them."""

from collections.abc import Sequence

from benchmarks.decisions import Records
from benchmarks.pages import Record


def of(records: Records, **wanted: object) -> list[Record]:
    """Return the records with these values."""
    return [record for record in records if all(record.get(key) == value for key, value in wanted.items())]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
