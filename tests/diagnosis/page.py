"""docs/reference/diagnosis.md, from what the faults of `make test-doctor` led to: `python -m tests.diagnosis.page`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from refit_operator.api.generated import write_or_check
from tests.diagnosis.faults import FAULTS, PARTS
from tests.diagnosis.told import Told, parse

KEPT = Path("docs/reference/diagnosis.jsonl")
PAGE = Path("docs/reference/diagnosis.md")
MARKS = {"fail": "✗", "warn": "!", "skipped": "-"}
HEAD = """# Faults, and what is said of each
<!-- Generated from docs/reference/diagnosis.jsonl by `python -m tests.diagnosis.page`; do not edit. -->
Each of these set-ups was made on a real cluster, by `make test-doctor`. `lint` has the file alone,
[`doctor`](../how-to/kubectl-refit.md) asks cluster and Prometheus, and the status is what the operator wrote by then.
`✗` keeps the monitor from working, `!` needs attention, `-` couldn't be examined from there. What a line of the status
means is in [conditions](conditions.md).
"""


def render(kept: list[Told]) -> str:
    """Return the page. Raises ValueError where a fault hasn't been played."""
    found = {each.fault: each for each in kept}
    missing = [fault.name for fault in FAULTS if fault.name not in found]
    if missing:
        raise ValueError(f"{KEPT} has nothing of {', '.join(missing)}: run `make test-doctor`")
    parts = [HEAD]
    for heading, faults in PARTS.items():
        parts.append(f"## {heading}\n" + "\n".join("\n".join(_section(found[fault.name])) for fault in faults))
    return "\n".join(parts)


def _section(told: Told) -> Iterator[str]:
    yield f"### {told.fault[0].upper()}{told.fault[1:]}"
    yield "| | says |"
    yield "|---|---|"
    yield from _rows("`lint`", told.lint or ("nothing: it can't be seen in the file",))
    yield from _rows("`doctor`", tuple(f"{MARKS[result]} {check}: {message}" for check, result, message in told.doctor))
    yield from _rows("status", told.status)
    yield ""


def _rows(who: str, lines: tuple[str, ...]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"| {who if number == 0 else ''} | {_escaped(line)} |"


def _escaped(text: str) -> str:
    """Return a line as a cell of a table has it."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("$", "\\$")


def main(words: list[str]) -> int:
    """Write the page, or with --check only say whether it differs (exit 1)."""
    return write_or_check({PAGE: render(parse(KEPT.read_text()))}, "python -m tests.diagnosis.page", words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
