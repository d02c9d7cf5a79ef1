"""Inputs in batches: each once, little padding, and the same answers as one by one."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

from refit_trainer.data.rows import Row
from refit_trainer.tasks import find_task
from refit_trainer.tasks.components.batches import MOST_PADDING, cut_batches

SEEDED = random.Random(7)
SIZES = [SEEDED.lognormvariate(3, 1) for _ in range(300)]


def padding(sizes: list[float]) -> float:
    """Return the share of a batch that is padding."""
    return 1 - sum(sizes) / (len(sizes) * max(sizes))


def sizes_by_batch(most_padding: float, batch: int = 64) -> list[list[float]]:
    return [[SIZES[place] for place in places] for places in cut_batches(SIZES, batch, most_padding)]


def test_each_input_is_in_one_batch_and_no_batch_is_larger_than_it_may_be() -> None:
    places = list(cut_batches(SIZES, 64, MOST_PADDING))
    assert sorted(place for some in places for place in some) == list(range(300))
    assert max(map(len, places)) <= 64


def test_no_batch_has_more_padding_than_it_may_have() -> None:
    assert max(map(padding, sizes_by_batch(MOST_PADDING))) <= MOST_PADDING
    assert max(map(padding, sizes_by_batch(1))) > 2 * MOST_PADDING  # what it is worth


def test_a_batch_is_as_large_as_its_padding_allows() -> None:
    found = sizes_by_batch(MOST_PADDING)
    for some, after in pairwise(found):
        assert len(some) == 64 or padding([*some, min(after)]) > MOST_PADDING


@pytest.mark.parametrize("size", [0, 7])
def test_inputs_of_one_size_are_never_cut(size: float) -> None:
    assert [len(some) for some in cut_batches([size] * 100, 64, MOST_PADDING)] == [64, 36]
    assert list(cut_batches([], 64, MOST_PADDING)) == []


def test_answers_are_those_of_inputs_asked_one_by_one(published: Path) -> None:
    task = find_task("text-classification")
    model = task.load(published)
    rows = [Row({"text": "a lovely film " * times}) for times in (1, 30, 2, 8, 1, 16)]
    together = task.predict(model, rows)
    alone = [task.predict(model, [row])[0] for row in rows]
    assert [one.value for one in together] == [one.value for one in alone]
    assert [one.score for one in together] == pytest.approx([one.score for one in alone], abs=0.01)
