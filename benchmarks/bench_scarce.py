"""`python -m benchmarks.bench_scarce`: what is seen without labels, on real sentences, and its tables.

Records go into docs/benchmarks/scarce.jsonl; docs/benchmarks/scarce.md is made from them. `--check` only reports
whether the page matches the records.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from statistics import fmean

from benchmarks.in_image import ANSWERS, run_in_image
from benchmarks.pages import FOLDER, Record, check, put, read_lines, write_lines
from demo.data import ensure_data
from localcluster.progress import step

RECORDS, PAGE = FOLDER / "scarce.jsonl", FOLDER / "scarce.md"
MADE_BY = "make bench-scarce"


def render_tables(records: Sequence[Record]) -> str:
    """Return the table of windows flagged, and that of estimated against true accuracy."""
    shares = sorted({record["share"] for record in records})
    head = " | ".join(f"{share:.0%} foreign" for share in shares)
    lines = [f"| learnt, then asked about | {head} |", "|---|" + "---|" * len(shares)]
    pairs = list(dict.fromkeys((record["learnt"], record["foreign"]) for record in records))
    for learnt, foreign in pairs:
        own = {
            record["share"]: record for record in records if (record["learnt"], record["foreign"]) == (learnt, foreign)
        }
        cells = " | ".join(f"{own[share]['flagged']:.0%}" for share in shares)
        lines.append(f"| {learnt}, {foreign} | {cells} |")
    lines += ["", "| learnt, then asked about | before | true | estimated |", "|---|---|---|---|"]
    for record in records:
        if record["share"] == shares[-1]:
            numbers = " | ".join(f"{record[name]:.3f}" for name in ("before", "true", "estimated"))
            lines.append(f"| {record['learnt']}, {record['foreign']} | {numbers} |")
    return "\n".join([*lines, "", _render_errors(records)])


def _render_errors(records: Sequence[Record]) -> str:
    estimate, before = (100 * fmean(record[name] for record in records) for name in ("error", "error_of_before"))
    return f"Mean error over all windows: {estimate:.1f} points; of the accuracy before, {before:.1f} points."


def render_page(page: str, records: Sequence[Record]) -> str:
    """Return the page with the tables generated again."""
    return put(page, MADE_BY, render_tables(records))


def main() -> None:
    """Measure, and make the page; or only check it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_scarce", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail where the page isn't what the records say")
    if parser.parse_args().check:
        sys.exit(check(PAGE, lambda page: render_page(page, read_lines(RECORDS))))
    with step("windows of four domains"):
        answers = run_in_image("benchmarks.play_scarce", ANSWERS, mounts={"/materials/data": ensure_data()})
    write_lines(RECORDS, [json.loads(line) for line in answers.splitlines()])
    PAGE.write_text(render_page(PAGE.read_text(), read_lines(RECORDS)))


if __name__ == "__main__":
    main()
