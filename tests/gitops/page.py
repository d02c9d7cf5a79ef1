"""What kstatus said during real work, in docs/how-to/gitops.md: `python -m tests.gitops.page [--check]`."""

import sys
from collections import Counter
from pathlib import Path

from benchmarks.pages import replaced
from refit_operator.api.generated import write_or_check
from tests.faults.report import markdown
from tests.gitops.situations import MONITOR, Recorded, Situation, parse
from tests.support.kstatus import Status

KEPT = Path("docs/reliability/kstatus.jsonl")
PAGE = Path("docs/how-to/gitops.md")
BEGIN = "<!-- Generated from docs/reliability/kstatus.jsonl by `python -m tests.gitops.page`; do not edit. -->\n"
END = "<!-- End of what is generated. -->\n"


def words(found: list[Recorded]) -> str:
    """Return what was seen, in a sentence and a table."""
    lines = [f"- `{one.command}`: {total(one)}" for one in found]
    return "\n".join(
        ["Each version that was seen, judged by kstatus, while these ran:", "", *lines, "", table(found), ""]
    )


def total(found: Recorded) -> str:
    """Return how much was seen."""
    return f"{sum(found.versions.values())} versions, monitors: {found.monitors}, runs: {found.runs}"


def table(found: list[Recorded]) -> str:
    """Return a row for each situation that has words of its own; monitors first."""
    counts: Counter[tuple[str, str, Status]] = Counter()
    every = [pair for one in found for pair in one.versions.items()]
    for situation, count in sorted(every, key=lambda pair: pair[0].kind != MONITOR):
        counts[(situation.kind, named(situation), situation.kstatus)] += count
    rows = [[kind, name, f"`{said}`", str(count)] for (kind, name, said), count in counts.items()]
    return markdown([["object", "situation", "kstatus", "versions"], *rows])


def named(situation: Situation) -> str:
    """Return the situation in the page's words."""
    if situation.kstatus is Status.TERMINATING:
        return "being deleted"
    if not situation.is_read:
        return "its spec isn't read yet"
    (ready,) = [one for one in situation.conditions if one.startswith("Ready=")] or ["Ready=True"]
    said = [situation.stage, situation.outcome, *(ready.split() if not ready.startswith("Ready=True") else ())]
    return ", ".join(f"`{word}`" for word in said if word) or "just made"


def render(page: str, found: list[Recorded]) -> str:
    """Return the page with what was seen between its markers."""
    return replaced(page, BEGIN, words(found), END)


def main(options: list[str]) -> int:
    """Write it into the page, or with --check only say whether it differs (exit 1)."""
    text = render(PAGE.read_text(), parse(KEPT.read_text()))
    return write_or_check({PAGE: text}, "python -m tests.gitops.page", options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
