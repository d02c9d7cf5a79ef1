"""`python -m benchmarks.scale [ROW…]`: measure what is named, all by default, and make the page.

`--check` only reports whether the page and its pictures match the records; `--render` makes them of the records.
Records of sizes that aren't measured again are kept.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.pages import FOLDER, Record, read_lines, write_lines
from benchmarks.scale import Plan, Row, growth, rows
from benchmarks.scale.machine import machine, words
from benchmarks.scale.tables import pictures, render
from localcluster.progress import step

RECORDS, PAGE = FOLDER / "scale", FOLDER / "scale.md"
HEAD = """<!-- made by `python -m benchmarks.scale` of the records in scale/ -->
# Scale

What many monitors cost, held against what a competent user would write instead: `benchmarks/baselines/`. All sides
run on the same machine, in turn, on the same monitors, the same Prometheus server and the same API server. Each figure
is the median of its turns, with the least and the greatest in brackets. A goal is judged at the size that it is set for
where that was measured, else at the largest.

CPU is that of the processes, from `/proc/PID/stat`; memory is `VmRSS` and the proportional share `Pss`. The API server,
etcd and Prometheus are real, and share the machine's cores with what is measured: on a larger machine seconds would be
fewer. `make bench-scale` measures again and writes this page;
`python -m benchmarks.scale ROW --sizes 30000` adds a size.
[Where the time went](scale-profiles.md) says what cost most at each step, and why some goals are missed.
"""


def records_of(row: Row) -> Path:
    """Return the file of a row's records."""
    return RECORDS / f"{row.name}.jsonl"


def made() -> dict[Path, str]:
    """Return the page and its pictures, made of the records."""
    measured = {row.name: read_lines(records_of(row)) for row in rows()}
    drawn = growth.pictures(rows(), measured)
    for row in rows():
        drawn |= pictures(row, measured[row.name])
    parts = [
        HEAD,
        *(render(row, measured[row.name]) for row in rows()),
        growth.render(rows(), measured),
        _machines(measured),
    ]
    text = "\n".join(part.strip() + "\n" for part in parts if part)
    return {PAGE: text, **{RECORDS / name: picture for name, picture in drawn.items()}}


def _machines(measured: growth.Measured) -> str:
    """Return on what each row was measured."""
    found = dict[str, list[str]]()
    for name, records in measured.items():
        for record in records:
            if "machine" in record:
                of = f"{name} ({', '.join(f'{size:,}' for size in record['sizes'])})"
                found.setdefault(words(record["machine"]), []).append(of)
    lines = [f"- {', '.join(names)}: {text}" for text, names in found.items()]
    return "\n".join(["## Measured on\n", *lines]) if lines else ""


def problems() -> list[str]:
    """Return which files aren't what the records say."""
    return [f"{file} isn't what its records say" for file, text in made().items() if _read(file) != text]


def _read(file: Path) -> str | None:
    return file.read_text() if file.exists() else None


def measure(row: Row, plan: Plan) -> None:
    """Write the row's records; those of other sizes stay."""
    before = machine()
    with step(f"row {row.name}"):
        found = row.measure(plan)
    kept = [_without(record, plan.sizes) for record in read_lines(records_of(row))]
    about: Record = {"machine": before, "sizes": list(plan.sizes)}
    write_lines(records_of(row), [*(record for record in kept if record), about, *found])


def _without(record: Record, sizes: Sequence[int]) -> Record | None:
    """Return what is left of a record once those sizes are measured again."""
    if "machine" not in record:
        return None if record["size"] in sizes else record
    others = [size for size in record["sizes"] if size not in sizes]
    return record | {"sizes": others} if others else None


def main() -> None:
    """Measure, and make the page; or only check it."""
    known = {row.name: row for row in rows()}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ROW", help=f"default: {', '.join(known)}")
    parser.add_argument("--sizes", nargs="+", type=int, metavar="N", help="monitors; default: what each row says")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="turns of each side; default: 5")
    parser.add_argument("--check", action="store_true", help="fail where the page isn't what the records say")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - known.keys():
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if arguments.check:
        sys.exit("\n".join(problems()) or None)
    if not arguments.render:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was set aside on the cluster is put back
        for name in arguments.names or known:
            row = known[name]
            measure(row, Plan(tuple(arguments.sizes or row.sizes), arguments.rounds))
    for file, text in made().items():
        file.write_text(text)


if __name__ == "__main__":
    main()
