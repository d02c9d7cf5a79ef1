"""`python -m benchmarks.bench_shadow [TRAFFIC…]`: how often candidates answer as what serves.

The answers are counted by refit-serve's mirror, both servers as real processes of the trainer image. Records go into
docs/benchmarks/shadow.jsonl, and docs/how-to/shadow.md has a table made from them. `--check` only reports whether it
matches.
"""

import json
from collections.abc import Sequence
from statistics import fmean

from benchmarks.in_image import ANSWERS, run_in_image
from benchmarks.pages import FOLDER, Part, Record, table
from benchmarks.shadowed import TRAFFIC
from demo.data import ensure_data
from localcluster.progress import step

WORDS = {
    "tweets": "tweets, which it was retrained for",
    "movies": "movie reviews, which the served model knows",
}


def play(traffic: str) -> list[Record]:
    """Measure in the trainer image; return the records."""
    with step(f"candidates for {traffic}"):
        answers = run_in_image("benchmarks.play_shadow", "/data", ANSWERS, traffic, mounts={"/data": ensure_data()})
    return [json.loads(line) for line in answers.splitlines()]


def agreement(record: Record) -> float:
    """Return the share of a candidate's answers that were the served model's, as the operator counts it."""
    answers = sum(record[name] for name in ("agreed", "differed", "failed"))
    return float(record["agreed"] / answers)


def render(records: Sequence[Record]) -> str:
    """Return the agreement of each candidate, for each seed, and how often both models were right."""
    if not records:
        return "Not measured yet."
    head = ("the requests are", "candidate", "agreement", "candidate right", "served model right")
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record["traffic"], record["candidate"]), []).append(record)
    return table(head, [_cells(*key, own) for key, own in groups.items()])


def _cells(traffic: str, candidate: str, own: Sequence[Record]) -> list[str]:
    by_seed = ", ".join(f"{agreement(record):.2f}" for record in own)
    right = [f"{fmean(record['right'][side] for record in own):.1%}" for side in ("candidate", "served")]
    return [WORDS[traffic], candidate, by_seed, *right]


PART = Part(
    made_by="python -m benchmarks.bench_shadow",
    page=FOLDER.parent / "how-to" / "shadow.md",
    records=FOLDER / "shadow.jsonl",
    names=TRAFFIC,
    key="traffic",
    play=play,
    render=render,
)

if __name__ == "__main__":
    PART.main("benchmarks.bench_shadow", __doc__)
