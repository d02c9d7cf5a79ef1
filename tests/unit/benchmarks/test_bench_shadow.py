"""The table of agreement: made from what mirrors counted."""

from typing import Any

from benchmarks.bench_shadow import agreement, render
from benchmarks.pages import Record


def record(seed: int, agreed: int, differed: int, failed: int = 0, **more: Any) -> Record:
    counted = {"agreed": agreed, "differed": differed, "failed": failed}
    right = {"candidate": 0.9 + seed / 100, "served": 0.7}
    return {"traffic": "tweets", "candidate": "good", "seed": seed, "rows": 10, "right": right} | counted | more


def test_an_answer_that_failed_is_none_of_the_served_models() -> None:
    assert agreement(record(1, agreed=6, differed=3, failed=1)) == 0.6


def test_a_row_for_each_candidate_of_each_traffic() -> None:
    found = [record(1, 7, 3), record(2, 8, 2), record(1, 5, 5, candidate="poor"), record(1, 9, 1, traffic="movies")]
    assert render(found).splitlines()[2:] == [
        "| tweets, which it was retrained for | good | 0.70, 0.80 | 91.5% | 70.0% |",
        "| tweets, which it was retrained for | poor | 0.50 | 91.0% | 70.0% |",
        "| movie reviews, which the served model knows | good | 0.90 | 91.0% | 70.0% |",
    ]
