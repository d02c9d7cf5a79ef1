"""`python -m benchmarks.bench_memory [--sizes N…]`: the memory and disk of a training by its number of rows.

Each size is measured in the trainer image, under a limit of 2 GiB where this machine lets one be set. Records go into
docs/benchmarks/memory.jsonl, the newest of each size; memory.md and memory.svg beside it are made from them. `--check`
only reports whether they match the records.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.charts import Line, chart, log_axis
from benchmarks.in_image import ANSWERS, run_in_image
from benchmarks.limited import limited_memory
from benchmarks.pages import FOLDER, Record, put, read_lines, table, write_lines
from localcluster.progress import step

RECORDS, PAGE, PICTURE = FOLDER / "memory.jsonl", FOLDER / "memory.md", FOLDER / "memory.svg"
MADE_BY = "make bench-memory"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
LIMIT = 2 * 2**30
MIB = 2**20


def play(rows: int) -> Record:
    """Train on so many rows in the trainer image; return what it took."""
    with step(f"a training of {rows:,} rows"), limited_memory(LIMIT) as is_limited:
        answer = run_in_image("benchmarks.play_memory", str(rows), ANSWERS, mounts={})
    record: Record = json.loads(answer)
    return record | ({"limit": LIMIT} if is_limited else {})


def render_table(records: Sequence[Record]) -> str:
    """Return memory and disk by the number of rows, and what each row more took."""
    heads = ("rows", "data", "peak memory", "of it anonymous", "disk at most", "limit", "seconds")
    lines = [table(heads, [_cells(one) for one in records])]
    least, most = records[0], records[-1]
    if most["rows"] > least["rows"]:
        peak, disk = ((most[name] - least[name]) / (most["rows"] - least["rows"]) for name in ("peak", "disk"))
        lines += [
            "",
            f"From {least['rows']:,} to {most['rows']:,} rows, each took {peak:.0f} bytes of memory and "
            f"{disk:.0f} of disk.",
        ]
    return "\n".join(lines)


def _cells(record: Record) -> list[str]:
    sizes = [f"{record[name] / MIB:,.0f} MiB" for name in ("data", "peak", "anonymous", "disk")]
    limit = f"{record['limit'] / MIB:,.0f} MiB" if "limit" in record else "none"
    return [f"{record['rows']:,}", *sizes, limit, f"{record['seconds']:,.0f}"]


def draw_picture(records: Sequence[Record]) -> str:
    """Return peak memory, disk and data by the number of rows."""
    names = {"peak": "peak memory", "disk": "disk at most", "data": "data"}
    lines = [Line(words, [(one["rows"], one[name] / MIB) for one in records]) for name, words in names.items()]
    x = log_axis("rows", [one["rows"] for one in records])
    y = log_axis("MiB", [place[1] for line in lines for place in line.points])
    return chart("A training by its number of rows", x, y, lines)


def make(page: str, records: Sequence[Record]) -> dict[Path, str]:
    """Return the page and its picture, made again from the records."""
    return {PAGE: put(page, MADE_BY, render_table(records)), PICTURE: draw_picture(records)}


def main() -> None:
    """Measure and make the page, or only check it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_memory", description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, metavar="N", default=SIZES, help="rows; default: all")
    parser.add_argument("--check", action="store_true", help="fail where the page isn't what the records say")
    arguments = parser.parse_args()
    if arguments.check:
        made = make(PAGE.read_text(), read_lines(RECORDS))
        wrong = [f"{file} isn't what its records say" for file, text in made.items() if _read(file) != text]
        sys.exit("\n".join(wrong) or None)
    for size in arguments.sizes:
        others = (record for record in read_lines(RECORDS) if record["rows"] != size)
        write_lines(RECORDS, sorted([*others, play(size)], key=lambda record: int(record["rows"])))
    for file, text in make(PAGE.read_text(), read_lines(RECORDS)).items():
        file.write_text(text)


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    main()
