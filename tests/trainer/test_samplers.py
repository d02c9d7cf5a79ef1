"""The order of rows by length: what is padded, what is first, and that it is the epoch's own."""

import random
from itertools import pairwise

import pytest
import torch

from refit_trainer.training.samplers import LengthGroupedSampler

SEEDED = random.Random(7)
LENGTHS = [min(512, int(SEEDED.lognormvariate(3, 0.6))) for _ in range(2000)]
BATCH = 32


def batches(order: list[int], size: int = BATCH) -> list[list[int]]:
    return [order[start : start + size] for start in range(0, len(order), size)]


def padded(order: list[int]) -> int:
    """Tokens that are computed when each batch is padded to its longest row."""
    return sum(len(batch) * max(LENGTHS[row] for row in batch) for batch in batches(order))


def test_each_row_comes_once_and_little_is_padded() -> None:
    order = list(LengthGroupedSampler(LENGTHS, BATCH, seed=1))
    assert sorted(order) == list(range(2000))
    assert padded(order) < 1.15 * sum(LENGTHS)
    assert padded(list(range(2000))) > 2 * sum(LENGTHS)  # what it is worth


def test_an_epochs_order_is_its_own_whatever_was_drawn_before() -> None:
    sampler, again = LengthGroupedSampler(LENGTHS, BATCH, seed=1), LengthGroupedSampler(LENGTHS, BATCH, seed=1)
    first = list(sampler)
    again.set_epoch(3)
    third = list(again)
    again.set_epoch(0)
    assert list(again) == first == list(sampler)
    assert third != first
    assert {tuple(sorted(batch)) for batch in batches(first)} != {tuple(sorted(batch)) for batch in batches(third)}
    assert list(LengthGroupedSampler(LENGTHS, BATCH, seed=2)) != first


def test_the_longest_row_is_in_the_first_batch_and_the_others_are_in_no_order() -> None:
    firsts = [
        max(LENGTHS[row] for row in batch) for batch in batches(list(LengthGroupedSampler(LENGTHS, BATCH, seed=1)))
    ]
    assert firsts[0] == max(LENGTHS)
    ups = sum(after > before for before, after in pairwise(firsts[1:]))
    assert 0.3 < ups / len(firsts) < 0.7


def test_only_the_last_batch_is_smaller() -> None:
    """Several processes share each batch by its place in the order."""
    assert [len(list(LengthGroupedSampler(LENGTHS[:n], BATCH, seed=1))) for n in (1, 31, 32, 33, 100)] == [
        1,
        31,
        32,
        33,
        100,
    ]
    short = batches(list(LengthGroupedSampler([5] * 40, BATCH, seed=1)))
    assert [len(batch) for batch in short] == [32, 8]
    grown = list(LengthGroupedSampler(list(range(100)), BATCH, seed=1))
    assert sorted(grown[-4:]) == [0, 1, 2, 3]


@pytest.mark.parametrize("count", [1, 31, 32, 33, 1601, 5000])
def test_the_order_is_the_one_of_sorted_and_shuffled_lists(count: int) -> None:
    draws = random.Random(count)
    lengths = [draws.randint(1, 20) for _ in range(count)]
    sampler = LengthGroupedSampler(lengths, BATCH, seed=3)
    sampler.set_epoch(2)
    generator = torch.Generator().manual_seed(5)
    drawn = batches(torch.randperm(count, generator=generator).tolist(), 50 * BATCH)
    parts = [sorted(part, key=lengths.__getitem__, reverse=True) for part in drawn]
    *full, last = [batch for part in parts for batch in batches(part)]
    full = [full[place] for place in torch.randperm(len(full), generator=generator)]
    longest = max(full, key=lambda batch: lengths[batch[0]], default=last)
    wanted = [longest, *(batch for batch in [*full, last] if batch is not longest)]
    assert list(sampler) == [row for batch in wanted for row in batch]
