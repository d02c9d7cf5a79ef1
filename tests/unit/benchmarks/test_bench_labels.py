"""What labels are worth: how many until a drop is seen, and the tables made from records."""

import random

import pytest

from benchmarks.bench_labels import MADE_BY, PART
from benchmarks.pages import END, Record, begin
from benchmarks.scarce.detection import PER_WINDOW, draw_outcomes, labels_until_evidence, labels_until_interval
from refit_operator.prometheus.rules.interval import interval


def record(learnt: str, asked: str, **more: object) -> Record:
    said = {"learnt": learnt, "asked": asked, "before": 0.8, "true": 0.6, "chosen": 75, "chosen_says": 0.45}
    return said | more


def test_the_tables_say_what_is_known_of_each_pair_and_the_means() -> None:
    chosen = {"random": {"25": 0.7, "400": 0.8}, "in turns": {"25": 0.6, "400": 0.9}}
    again = {"learnt_again": chosen, "own_after": {"random": 0.75, "in turns": 0.74}}
    records = [
        record("movies", "movies", true=0.79),
        record("movies", "nyt", random=400, interval=None, chosen=None) | again,
    ]
    page = PART.render_page(f"before\n{begin(MADE_BY)}\nold\n{END}\nnotes\n", records)
    assert page.startswith("before\n") and page.endswith("\nnotes\n") and "\nold\n" not in page
    assert "| movies, movies | 0.800 | 0.790 | no drop | no drop | 0.450 | 75 |" in page
    assert "| movies, nyt | 0.800 | 0.600 | 400 | over 2,000 | 0.450 | over 1,000 |" in page
    assert "| random | 0.700 | 0.800 | 0.750 |" in page and "| in turns | 0.600 | 0.900 | 0.740 |" in page
    assert "better than random | 0 | 1 | |" in page and "without learning again: 0.600" in page


@pytest.mark.parametrize(("true", "least", "most"), [(0.5, 25, 50), (0.7, 150, 300)])
def test_an_interval_sees_a_drop_in_four_of_five(true: float, least: int, most: int) -> None:
    count = labels_until_interval(true, threshold=0.78)
    assert count is not None and least <= count <= most
    draw = random.Random(0)
    found = [sum(draw_outcomes(draw, true, count)) for _ in range(1000)]
    assert sum(interval(good, count)[1] < 0.78 for good in found) >= 770


def test_a_drop_too_small_is_seen_by_neither() -> None:
    assert labels_until_interval(0.775, threshold=0.78) is None
    draw = random.Random(0)
    before = draw_outcomes(draw, 0.8, 40 * PER_WINDOW)
    assert labels_until_evidence(before, draw_outcomes(draw, 0.79, 20 * PER_WINDOW), 0.78) is None


def test_evidence_takes_several_windows_however_large_the_drop_is() -> None:
    before = draw_outcomes(random.Random(0), 0.8, 40 * PER_WINDOW)
    assert labels_until_evidence(before, [False] * 500, 0.78) == 3 * PER_WINDOW
