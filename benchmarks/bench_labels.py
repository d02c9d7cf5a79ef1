"""`python -m benchmarks.bench_labels [DOMAIN…]`: what labels are worth, random and chosen, and its tables.

Records go into docs/benchmarks/scarce-labels.jsonl, the newest of each domain that is learnt; the tables are a part of
docs/benchmarks/scarce.md. `--check` only reports whether the page matches the records.
"""

import json
from collections.abc import Sequence
from statistics import fmean

from benchmarks.in_image import ANSWERS, run_in_image
from benchmarks.pages import FOLDER, Part, Record
from benchmarks.scarce.detection import MOST
from benchmarks.scarce.sentences import DOMAINS, KIND
from localcluster.progress import step

RECORDS, PAGE = FOLDER / "scarce-labels.jsonl", FOLDER / "scarce.md"
CHOSEN = 1000
"""Chosen labels that are waited for."""
MADE_BY = "python -m benchmarks.bench_labels"


def play(domain: str) -> list[Record]:
    """Play one domain in the trainer image; return its records."""
    with step(f"labels of a model of {domain}"):
        mounts = {f"/materials/{material}": make() for material, make in KIND.materials.items()}
        answers = run_in_image("benchmarks.play_labels", domain, ANSWERS, mounts=mounts)
    return [json.loads(line) for line in answers.splitlines()]


def render_tables(records: Sequence[Record]) -> str:
    """Return the table of labels until a drop is seen, and that of accuracies after learning from so many."""
    return "\n".join([*_render_detection(records), "", *_render_learning(records)])


def _render_detection(records: Sequence[Record]) -> list[str]:
    lines = [
        "| learnt, then asked about | before | true | labels until evidence | labels until an interval "
        "| chosen labels say | chosen labels until evidence |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in records:
        nothing = one["asked"] == one["learnt"]
        labels = ["no drop"] * 2 if nothing else [_labels(one["random"], MOST), _labels(one["interval"], MOST)]
        numbers = [f"{one['before']:.3f}", f"{one['true']:.3f}", *labels, f"{one['chosen_says']:.3f}"]
        lines.append(f"| {one['learnt']}, {one['asked']} | {' | '.join(numbers)} | {_labels(one['chosen'], CHOSEN)} |")
    return lines


def _labels(count: int | None, most: int) -> str:
    return f"over {most:,}" if count is None else f"{count:,}"


def _render_learning(records: Sequence[Record]) -> list[str]:
    """Return the means over all pairs, and in how many of them chosen rows are better."""
    asked = [one for one in records if "learnt_again" in one]
    if not asked:
        return []
    again = [one["learnt_again"] for one in asked]
    counts = list(again[0]["random"])
    served = fmean(one["true"] for one in asked)
    lines = [
        f"| labels chosen | {' | '.join(counts)} labels | own domain after |",
        "|---|" + "---|" * (len(counts) + 1),
    ]
    for how in again[0]:
        means = [f"{fmean(one[how][count] for one in again):.3f}" for count in counts]
        own = fmean(one["own_after"][how] for one in asked)
        lines.append(f"| {how} | {' | '.join(means)} | {own:.3f} |")
    better = [f"{sum(one['in turns'][count] > one['random'][count] for one in again)}" for count in counts]
    lines.append(f"| pairs of {len(again)} where in turns is better than random | {' | '.join(better)} | |")
    return [*lines, "", f"As served, without learning again: {served:.3f} on average."]


PART = Part(MADE_BY, PAGE, RECORDS, DOMAINS, "learnt", play, render_tables)

if __name__ == "__main__":
    PART.main("benchmarks.bench_labels", __doc__)
