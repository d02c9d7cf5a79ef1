"""`python -m benchmarks.bench_speed [NAME…]`: what was made faster, before and after in turn, on this machine's CPU.

Measured in the trainer image, by the code that trains, judges and serves; records go into docs/benchmarks/speed.jsonl,
and docs/benchmarks/speed.md has a table made from them. `--check` only reports whether it matches.
"""

import json
from collections.abc import Sequence
from statistics import median

from benchmarks.in_image import ANSWERS, run_in_image
from benchmarks.pages import FOLDER, Part, Record, table
from demo.data import ensure_data

NAMES = ("batches of mixed texts", "one text", "recordings", "tokenizing")
ROUNDS = 7
"""Of each, before and after in turn."""


def play(name: str) -> list[Record]:
    """Measure in the trainer image; return the record."""
    output = run_in_image("benchmarks.play_speed", "/data", ANSWERS, name, str(ROUNDS), mounts={"/data": ensure_data()})
    return [json.loads(line) for line in output.splitlines()]


def render(records: Sequence[Record]) -> str:
    """Return the median seconds before and after, and by how much each pair differs."""
    if not records:
        return "Not measured yet."
    head = ("what", "before, s", "after, s", "times as fast", "by pair", "cores")
    return table(head, [cells(record) for record in records])


def cells(record: Record) -> list[str]:
    """Return the table's line of one comparison."""
    ratios = [before / after for before, after in zip(record["before"], record["after"], strict=True)]
    return [
        record["name"],
        f"{median(record['before']):.3g}",
        f"{median(record['after']):.3g}",
        f"{median(ratios):.2f}",
        ", ".join(f"{ratio:.2f}" for ratio in ratios),
        str(record["cpus"]),
    ]


PART = Part(
    made_by="python -m benchmarks.bench_speed",
    page=FOLDER / "speed.md",
    records=FOLDER / "speed.jsonl",
    names=NAMES,
    key="name",
    play=play,
    render=render,
)

if __name__ == "__main__":
    PART.main("benchmarks.bench_speed", __doc__)
