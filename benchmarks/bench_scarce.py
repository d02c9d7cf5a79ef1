"""`python -m benchmarks.bench_scarce [NAME…]`: what is seen without labels, on real inputs, and its tables.

Records go into docs/benchmarks/scarce.jsonl, the newest of each kind; docs/benchmarks/scarce.md is made from them.
`--check` only reports whether the page matches the records.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from benchmarks.in_image import ANSWERS, run_in_image
from benchmarks.pages import FOLDER, Record, check, put, read_lines, write_lines
from benchmarks.scarce import NAMES, find_kind
from localcluster.progress import step

RECORDS, PAGE = FOLDER / "scarce.jsonl", FOLDER / "scarce.md"
MADE_BY = "make bench-scarce"


def play(name: str) -> list[Record]:
    """Fetch a kind's materials and play it in the trainer image; return its records."""
    with step(f"windows of {name}"):
        mounts = {f"/materials/{material}": make() for material, make in find_kind(name).materials.items()}
        answers = run_in_image("benchmarks.play_scarce", name, ANSWERS, mounts=mounts)
    return [json.loads(line) for line in answers.splitlines()]


def render_tables(records: Sequence[Record]) -> str:
    """Return the table of windows flagged, and that of estimated against true accuracy, of all kinds."""
    shares = sorted({record["share"] for record in records})
    head = " | ".join(f"{share:.0%} foreign" for share in shares)
    lines = [f"| kind | learnt, then asked about | {head} |", "|---|---|" + "---|" * len(shares)]
    for pair, own in _by_pair(records).items():
        lines.append(f"| {pair} | " + " | ".join(f"{own[share]['flagged']:.0%}" for share in shares) + " |")
    lines += ["", "| kind | learnt, then asked about | before | true | estimated |", "|---|---|---|---|---|"]
    for pair, own in _by_pair(records).items():
        numbers = " | ".join(f"{own[shares[-1]][name]:.3f}" for name in ("before", "true", "estimated"))
        lines.append(f"| {pair} | {numbers} |")
    return "\n".join([*lines, "", *_render_errors(records)])


def _by_pair(records: Sequence[Record]) -> Mapping[str, Mapping[float, Record]]:
    """Return the records by the row's first cells, then by the share of foreign inputs."""
    found: dict[str, dict[float, Record]] = {}
    for record in records:
        pair = f"{record['kind']} | {record['learnt']}, {record['foreign']}"
        found.setdefault(pair, {})[record["share"]] = record
    return found


def _render_errors(records: Sequence[Record]) -> Iterator[str]:
    for kind in dict.fromkeys(record["kind"] for record in records):
        own = [record for record in records if record["kind"] == kind]
        estimate, before = (100 * fmean(record[name] for record in own) for name in ("error", "error_of_before"))
        said = f"Mean error over all windows of {kind}: {estimate:.1f} points"
        yield f"{said}; of the accuracy before, {before:.1f} points.  "


def render_page(page: str, records: Sequence[Record]) -> str:
    """Return the page with the tables generated again."""
    return put(page, MADE_BY, render_tables(records))


def main() -> None:
    """Measure what is named, all by default, and make the page; or only check it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_scarce", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {', '.join(NAMES)}")
    parser.add_argument("--check", action="store_true", help="fail where the page isn't what the records say")
    arguments = parser.parse_args()
    if arguments.check:
        sys.exit(check(PAGE, lambda page: render_page(page, read_lines(RECORDS))))
    for name in arguments.names or NAMES:
        records = [*(record for record in read_lines(RECORDS) if record["kind"] != name), *play(name)]
        write_lines(RECORDS, sorted(records, key=lambda record: NAMES.index(record["kind"])))
        PAGE.write_text(render_page(PAGE.read_text(), read_lines(RECORDS)))


if __name__ == "__main__":
    main()
