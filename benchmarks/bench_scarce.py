"""`python -m benchmarks.bench_scarce [NAME…]`: what is seen without labels, on real inputs, and its tables.

Records go into docs/benchmarks/scarce.jsonl, the newest of each kind; docs/benchmarks/scarce.md is made from them.
`--check` only reports whether the page matches the records.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from benchmarks.in_image import ANSWERS, run_in_image
from benchmarks.pages import FOLDER, Part, Record
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


PART = Part(MADE_BY, PAGE, RECORDS, NAMES, "kind", play, render_tables)

if __name__ == "__main__":
    PART.main("benchmarks.bench_scarce", __doc__)
