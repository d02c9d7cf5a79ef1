"""How many outcomes come together: what windows show of it, and that evidence keeps its promise with it."""

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refit_operator.prometheus.rules.dispersion import BLOCKS, dispersion
from refit_operator.prometheus.rules.evidence import weigh
from refit_operator.prometheus.rules.reading import Counts

TAU = 0.85
NEEDED = 100.0
PATHS, LOOKED_AT = 20, 250
Source = Callable[[random.Random], Iterator[Counts]]

outcomes = st.integers(1, 60).flatmap(lambda total: st.builds(Counts, st.integers(0, total), st.just(total)))


def in_groups(total: int, size: int, accuracy: float = TAU) -> Source:
    """Return windows of groups of so many equal answers."""

    def windows(chance: random.Random) -> Iterator[Counts]:
        while True:
            yield Counts(size * sum(chance.random() < accuracy for _ in range(total // size)), total)

    return windows


def by_users(total: int, mean: int) -> Source:
    """Return windows of users who each get one answer again and again, most of them a few times, some often."""

    def windows(chance: random.Random) -> Iterator[Counts]:
        while True:
            good = seen = 0
            while seen < total:
                size = min(1 + int(chance.expovariate(1 / mean)), total - seen)
                seen, good = seen + size, good + size * (chance.random() < TAU)
            yield Counts(good, total)

    return windows


def as_before(total: int, often: float) -> Source:
    """Return windows of a Markov chain: an answer is that of the one before so often, in the next window, too."""

    def windows(chance: random.Random) -> Iterator[Counts]:
        right = chance.random() < TAU
        while True:
            good = 0
            for _ in range(total):
                right = right if chance.random() < often else chance.random() < TAU
                good += right
            yield Counts(good, total)

    return windows


def first_alarm(windows: Iterator[Counts]) -> int:
    """Return after how many windows there first is evidence, as it is weighed after each; LOOKED_AT where never."""
    known = list(islice(windows, LOOKED_AT))
    ends = [end for end, window in enumerate(known, 1) if window.good < TAU * window.total]
    return next((end for end in ends if weigh(known[:end], TAU, True).reaches(NEEDED)), LOOKED_AT)


TOGETHER: dict[str, Source] = {
    "four at a time": in_groups(40, 4),
    "ten at a time, twenty a window": in_groups(20, 10),
    "users": by_users(40, 4),
    "half of them as the one before": as_before(5, 0.5),
    "most of them as the one before": as_before(20, 0.8),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_the_promise_is_kept_where_outcomes_come_together(name: str) -> None:
    chance = random.Random(name)
    times = [first_alarm(TOGETHER[name](chance)) for _ in range(PATHS)]
    assert fmean(times) + 3 * stdev(times) / PATHS**0.5 >= NEEDED


@pytest.mark.parametrize("size", [1, 2, 4, 10])
def test_groups_are_measured(size: int) -> None:
    """On average as many as there are, and up to a fifth more."""
    chance = random.Random(size)
    found = fmean(dispersion(list(islice(in_groups(200, size)(chance), 400)), steady=400) for _ in range(5))
    assert size <= found < 1.3 * size


def test_groups_that_span_windows_are_measured() -> None:
    """Nine outcomes say as much as one, and five are in a window: neighbours differ less than they should."""
    found = dispersion(list(islice(as_before(5, 0.8)(random.Random(1)), 400)), steady=400)
    assert 7 < found < 14


@pytest.mark.parametrize("before", [20, 100, 390])
def test_a_drop_is_no_group(before: int) -> None:
    """It is one difference among many, and found within windows."""
    chance = random.Random(before)
    fine, worse = in_groups(200, 1, 0.9)(chance), in_groups(200, 1, 0.6)(chance)
    windows = [*islice(fine, before), *islice(worse, 5)]
    assert weigh(windows, TAU, True).reaches(8640)


@pytest.mark.parametrize("windows", [[], [Counts(1, 2)], [Counts(5, 5)] * 9, [Counts(0, 5)] * 9, [Counts(4, 5)] * 99])
def test_what_never_differs_is_taken_for_independent(windows: Sequence[Counts]) -> None:
    assert dispersion(windows, steady=len(windows)) == 1


def test_few_windows_have_a_wide_margin() -> None:
    """Two windows that differ as independent ones do on average are taken for five times as much."""
    x, n = 0.5, 100
    apart = [Counts(45, n), Counts(55, n)]
    once = (0.1**2) / (x * (1 - x) * 2 / n)
    assert dispersion(apart, steady=2) == pytest.approx(once * (1 + 1.5 * 3**0.5))


@given(st.lists(outcomes, max_size=12 * max(BLOCKS)))
def test_it_is_finite_and_the_same_for_errors(windows: list[Counts]) -> None:
    found = dispersion(windows, steady=len(windows))
    assert 1 <= found < float("inf")
    assert dispersion([Counts(w.total - w.good, w.total) for w in windows], len(windows)) == pytest.approx(found)
