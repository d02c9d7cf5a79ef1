"""`python -m benchmarks.gpu [PART…]`: training and serving on a GPU, wherever the trainer's packages are installed.

Each part is a process with a limit of its own; what it measures, or why it ended, is written as soon as it is over,
into docs/benchmarks/gpu.jsonl, and docs/benchmarks/gpu.md is made of that. `--dry-run` plays the same with tiny models
on a CPU, into another file: it shows that the parts run, and measures nothing. `--check` only compares page and
records.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.gpu import SECONDS
from benchmarks.pages import FOLDER, Record, check, put, read_lines, table, write_lines

RECORDS, PAGE = FOLDER / "gpu.jsonl", FOLDER / "gpu.md"
MADE_BY = "python -m benchmarks.gpu"
SHOWN = 300  # characters of why a part ended
NEVER = "Prepared, and never run: no GPU was at hand."


def play(part: str, is_dry: bool) -> Record:
    """Return what a part measured, or why it ended without."""
    command = [sys.executable, "-m", "benchmarks.gpu.play", part, *(["--dry-run"] if is_dry else [])]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS[part])
    except subprocess.TimeoutExpired:
        return {"part": part, "failed": f"not done after {SECONDS[part]} s"}
    if ended.returncode:
        lines = ended.stderr.strip().splitlines()
        return {"part": part, "failed": (lines[-1] if lines else f"exit code {ended.returncode}")[:SHOWN]}
    record: Record = json.loads(ended.stdout.strip().splitlines()[-1])
    return record


def render(records: Sequence[Record]) -> str:
    """Return the records as a table; that it was never run where there are none."""
    if not records:
        return NEVER
    return table(("part", "on", "measured"), [[one["part"], one.get("device", "-"), _say(one)] for one in records])


def _say(record: Record) -> str:
    if failed := record.get("failed"):
        return f"not measured: {failed.replace('|', '/')}"
    told = {name: value for name, value in record.items() if name not in ("part", "device", "versions")}
    return ", ".join(f"{name.replace('_', ' ')} {_number(value)}" for name, value in told.items())


def _number(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "never"}[value]
    return f"{value:,g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def render_page(page: str, records: Sequence[Record]) -> str:
    """Return the page with its table made again."""
    return put(page, MADE_BY, render(records))


def measure(parts: Sequence[str], file: Path, is_dry: bool) -> bool:
    """Replace the records of some parts; tell whether all were measured."""
    for part in parts:
        record = play(part, is_dry)
        print(json.dumps(record), flush=True)
        kept = [one for one in read_lines(file) if one["part"] != part]
        write_lines(file, sorted([*kept, record], key=lambda one: list(SECONDS).index(one["part"])))
    return not any("failed" in one for one in read_lines(file) if one["part"] in parts)


def main() -> None:
    """Measure what is named, everything by default, and make the page; or only check it."""
    parser = argparse.ArgumentParser(prog=MADE_BY, description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"default: {', '.join(SECONDS)}")
    parser.add_argument("--check", action="store_true", help="fail where the page isn't what the records say")
    parser.add_argument("--dry-run", action="store_true", help="tiny models, on a CPU")
    parser.add_argument("--into", type=Path, help="the file of a dry run's records")
    given = parser.parse_args()
    if unknown := [part for part in given.parts if part not in SECONDS]:
        parser.error(f"{unknown[0]!r} is no part: {', '.join(SECONDS)}")
    if given.dry_run != (given.into is not None):
        parser.error("--dry-run needs --into, and nothing else has it: its records aren't those of the page")
    if given.check:
        sys.exit(check(PAGE, lambda page: render_page(page, read_lines(RECORDS))))
    is_measured = measure(given.parts or list(SECONDS), given.into or RECORDS, given.dry_run)
    if not given.dry_run:
        PAGE.write_text(render_page(PAGE.read_text(), read_lines(RECORDS)))
    sys.exit(not is_measured)


if __name__ == "__main__":
    main()
