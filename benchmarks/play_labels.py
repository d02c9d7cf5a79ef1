"""`python -m benchmarks.play_labels DOMAIN FILE`, inside the trainer image: what labels are worth, random and chosen.

MiniLM learns one domain of sentences and is then asked about another. How many labels until the drop is seen, what
chosen labels would wrongly say of the accuracy, and how far the head comes back by so many labels of either kind.
"""

import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from refit_trainer.contract.process_setup import set_defaults

set_defaults()
os.environ["REFIT_REPORT"] = "off"

from benchmarks.play_scarce import MATERIALS  # noqa: E402
from benchmarks.scarce.choosing import IN_TURNS, ORDERS, Seen, accuracy_of, learn, look, order_rows  # noqa: E402
from benchmarks.scarce.detection import (  # noqa: E402
    BELOW,
    MOST,
    PER_WINDOW,
    WINDOWS_BEFORE,
    draw_outcomes,
    labels_until_evidence,
    labels_until_interval,
)
from benchmarks.scarce.models import Learnt, make_model  # noqa: E402
from benchmarks.scarce.sentences import KIND  # noqa: E402

POOL = 500  # of the 1,000 rows that are asked: as many stay to judge by
LABELS = (50, 100, 200, 400)
DRAWS, PATHS = 5, 20
CHOSEN, POOLS = 100, 10
"""Answers that are handed out of each pool, and pools one after another."""


def play(learnt: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield a record for each domain that a model of one is asked about, its own included."""
    materials = {name: MATERIALS / name for name in KIND.materials}
    domains = KIND.read(materials)
    made = make_model(KIND, KIND.start(materials, folder), domains[learnt], folder / learnt)
    seen = {name: look(made.model, domain.asked) for name, domain in domains.items()}
    for asked, rows in seen.items():
        record: dict[str, Any] = {"learnt": learnt, "asked": asked, "before": made.accuracy}
        record |= _choose(made.accuracy, rows)
        if asked != learnt:
            record |= _detect(made.accuracy, record["true"]) | _learn_again(made, rows, seen[learnt])
        yield record


def _detect(before: float, true: float) -> dict[str, Any]:
    """Return how many labels of random answers it takes until a drop is seen."""
    threshold = before - BELOW
    paths = [draw_outcomes(random.Random(f"{number} after"), true, MOST) for number in range(PATHS)]
    found = [_until_evidence(before, number, path) for number, path in enumerate(paths)]
    return {"random": _median(found), "interval": labels_until_interval(true, threshold)}


def _choose(before: float, seen: Seen) -> dict[str, Any]:
    """Return what labels of answers that the server hands out would say of the accuracy."""
    pools = [range(number * POOLS, (number + 1) * POOLS) for number in range(DRAWS)]
    outcomes = [[right for pool in own for right in _hand_out(seen, pool)] for own in pools]
    return {
        "true": round(float(seen.right.mean()), 4),
        "chosen": _median([_until_evidence(before, number, own) for number, own in enumerate(outcomes)]),
        "chosen_says": round(fmean(map(fmean, outcomes)), 4),
    }


def _hand_out(seen: Seen, number: int) -> list[bool]:
    """Return whether each of the answers is right that are handed out of one pool."""
    order = order_rows(seen, _split(number)[0], IN_TURNS, random.Random(number))
    return [bool(seen.right[row]) for row in order[:CHOSEN]]


def _until_evidence(before: float, number: int, outcomes: Sequence[bool]) -> int | None:
    earlier = draw_outcomes(random.Random(f"{number} before"), before, WINDOWS_BEFORE * PER_WINDOW)
    return labels_until_evidence(earlier, outcomes, before - BELOW)


def _median(found: list[int | None]) -> int | None:
    """Return the median, None counting as more than all; of an even number the greater."""
    ordered = sorted(found, key=lambda one: MOST + 1 if one is None else one)
    return ordered[len(ordered) // 2]


def _split(number: int) -> tuple[list[int], list[int]]:
    """Return the pool and the rows to judge by."""
    rows = random.Random(number).sample(range(2 * POOL), 2 * POOL)
    return rows[:POOL], rows[POOL:]


def _learn_again(made: Learnt, seen: Seen, own: Seen) -> dict[str, Any]:
    """Return the accuracies after so many labels, by how they were chosen: in the new domain, and in the old."""
    found: dict[str, dict[str, list[float]]] = {how: {} for how in ORDERS}
    kept: dict[str, list[float]] = {how: [] for how in ORDERS}
    for number in range(DRAWS):
        pool, judged = _split(number)
        for how in ORDERS:
            order = order_rows(seen, pool, how, random.Random(number))
            heads = {count: learn(made.model, seen, order[:count]) for count in LABELS}
            for count, head in heads.items():
                found[how].setdefault(str(count), []).append(accuracy_of(head, seen, judged))
            kept[how].append(accuracy_of(heads[LABELS[-1]], own, range(2 * POOL)))
    return {
        "learnt_again": {how: {n: round(fmean(all_), 4) for n, all_ in by.items()} for how, by in found.items()},
        "own_after": {how: round(fmean(all_), 4) for how, all_ in kept.items()},
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        lines = [json.dumps(record) + "\n" for record in play(sys.argv[1], Path(scratch))]
    Path(sys.argv[2]).write_text("".join(lines))
