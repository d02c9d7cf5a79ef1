"""The table of readings and stages in docs/concepts/readings.md: `python -m tests.matrix.report [--check]`."""

import sys
from pathlib import Path

from benchmarks.pages import replaced
from refit_operator.api.generated import write_or_check
from tests.faults.report import markdown
from tests.matrix.cells import STAGES, Cell
from tests.matrix.kept import parse
from tests.matrix.rows import ROWS

KEPT = Path("docs/reliability/matrix.jsonl")
PAGE = Path("docs/concepts/readings.md")
BEGIN = "<!-- Generated from docs/reliability/matrix.jsonl by `make matrix`; do not edit. -->\n"
END = "<!-- End of what is generated. -->\n"
HEADER = [
    "what happened",
    "reading",
    "message of `MetricAvailable`",
    "no run under way",
    "training",
    "rolling out",
    "verifying",
    "`Confirmed` at its end",
]


def table(cells: list[Cell]) -> str:
    """Return a line for each row. Raises ValueError where a row or a stage is missing."""
    lines = []
    for row in ROWS:
        ours = [cell for cell in cells if cell.row == row.name]
        if [cell.stage for cell in ours] != list(STAGES):
            raise ValueError(f"{KEPT} doesn't have row {row.name!r} in all stages, run `make matrix`")
        lines.append(line(*ours))
    return markdown([HEADER, *lines])


def line(monitoring: Cell, training: Cell, rolling_out: Cell, verifying: Cell) -> list[str]:
    """Return what was seen of one reading, in words."""
    return [
        monitoring.row,
        reading(monitoring),
        monitoring.message.replace("|", "\\|"),
        "a run starts" if monitoring.runs else "no run",
        "goes on" if training.runs[-1:] == ("Judging",) and training.jobs == 1 else " → ".join(training.runs),
        "goes on" if rolling_out.pointer[-1] == "the candidate" else "stopped",
        "rolled back" if verifying.pointer[-1] != "the candidate" else "stays",
        "`{}`, `{}`".format(*verifying.confirmed.split()),
    ]


def reading(cell: Cell) -> str:
    """Return the reading, and the reason of Ready where it isn't True."""
    ready = cell.conditions["Ready"].split()
    also = "" if ready[0] == "True" else f", `Ready={ready[0]}` `{ready[1]}`"
    return f"`{cell.metric[-1].split()[1]}`{also}"


def render(page: str, cells: list[Cell]) -> str:
    """Return the page with the table of today between its markers."""
    return replaced(page, BEGIN, f"{table(cells)}\n", END)


def main(words: list[str]) -> int:
    """Write the table into the page, or with --check only say whether it differs (exit 1)."""
    return write_or_check({PAGE: render(PAGE.read_text(), parse(KEPT.read_text()))}, "make matrix", words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
