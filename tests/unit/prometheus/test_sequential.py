"""Before and after: how often either verdict is wrong, whatever the outcomes depend on, and what it may depend on."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from math import comb
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refit_operator.prometheus.rules.binomial import lower_share, upper_share
from refit_operator.prometheus.rules.dispersion import Scatter
from refit_operator.prometheus.rules.evidence import alternatives_to
from refit_operator.prometheus.rules.reading import Counts
from refit_operator.prometheus.rules.sequential import RISK, Before, Comparison, Verdict, compare

BEFORE, DROP = Counts(4000, 5000), 0.02
PATHS, WINDOWS = 400, 40

outcomes = st.integers(0, 60).flatmap(lambda total: st.builds(Counts, st.integers(0, total), st.just(total)))
histories = st.lists(outcomes, max_size=12)
drops = st.floats(0, 1)
APART = Scatter(10**6, 0.9, 1.0)
"""What very many windows show whose outcomes don't come together."""


def known(counts: Counts) -> Before:
    """Return outcomes of which none was chosen, and that come by themselves."""
    return Before(counts, counts, APART)


def tail(found: int, of: int, share: float) -> float:
    """Return the chance of so many or more."""
    return sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(found, of + 1))


@pytest.mark.parametrize(("found", "of"), [(1, 2), (7, 10), (5, 40), (199, 200)])
def test_the_bounds_are_those_of_the_exact_test(found: int, of: int) -> None:
    assert tail(found, of, lower_share(found, of, 0.005)) == pytest.approx(0.005)
    assert tail(of - found, of, 1 - upper_share(found, of, 0.005)) == pytest.approx(0.005)


def test_none_found_and_all_found_bound_one_side_only() -> None:
    assert (lower_share(0, 50, 0.005), upper_share(50, 50, 0.005)) == (0, 1)
    assert tail(50, 50, lower_share(50, 50, 0.005)) == pytest.approx(0.005)


def drawn(chance: random.Random, total: int, share: float) -> Counts:
    return Counts(sum(chance.random() < share for _ in range(total)), total)


def depending(chance: random.Random, total: int, share: float) -> Iterator[Counts]:
    """Yield windows of a size that depends on the one before: larger after a bad one."""
    while True:
        window = drawn(chance, total, share)
        yield window
        total = 60 if window.good < share * window.total else 10


def verdicts(seed: int, old: float, new: float, total: int) -> list[Verdict]:
    """Return the verdicts of many promotions, each with a baseline of its own."""
    chance = random.Random(seed)
    found = []
    for _ in range(PATHS):
        source = depending(chance, total, new)
        windows = [next(source) for _ in range(WINDOWS)]
        found.append(compare(known(drawn(chance, 400, old)), windows, DROP, True).verdict)
    return found


@pytest.mark.parametrize(("seed", "old"), [(1, 0.8), (2, 0.97), (3, 0.3)])
def test_a_model_that_is_just_not_worse_is_hardly_ever_rolled_back(seed: int, old: float) -> None:
    assert verdicts(seed, old, old - DROP, 30).count(Verdict.WORSE) <= RISK * PATHS


@pytest.mark.parametrize(("seed", "old"), [(4, 0.8), (5, 0.97), (6, 0.3)])
def test_one_that_is_just_worse_is_hardly_ever_confirmed(seed: int, old: float) -> None:
    assert verdicts(seed, old, old - DROP, 30).count(Verdict.NOT_WORSE) <= RISK * PATHS


def test_what_is_clear_is_found() -> None:
    assert set(verdicts(7, 0.8, 0.5, 30)) == {Verdict.WORSE}
    assert set(verdicts(8, 0.8, 0.97, 30)) == {Verdict.NOT_WORSE}


def after(*windows: tuple[int, int], before: Counts = BEFORE, drop: float = DROP, repeats: float = 1.0) -> Comparison:
    together = replace(known(before), repeats=repeats)
    return compare(together, [Counts(*window) for window in windows], drop, True)


@pytest.mark.parametrize(
    ("found", "verdict", "good", "total"),
    [
        (after(), Verdict.UNCERTAIN, 0, 0),
        (after((0, 0)), Verdict.UNCERTAIN, 0, 0),
        (after((3, 5)), Verdict.UNCERTAIN, 3, 5),
        (after((0, 12)), Verdict.WORSE, 0, 12),
        (after((80, 100), (600, 1000), (990, 1000)), Verdict.WORSE, 680, 1100),
        (after((980, 1000), (0, 1000)), Verdict.NOT_WORSE, 980, 1000),
        (after((6900, 10000)), Verdict.WORSE, 6900, 10000),
        (after((7600, 10000)), Verdict.UNCERTAIN, 7600, 10000),
        (after((8100, 10000)), Verdict.NOT_WORSE, 8100, 10000),
    ],
)
def test_the_first_window_that_is_certain_decides(found: Comparison, verdict: Verdict, good: int, total: int) -> None:
    assert found == Comparison(verdict, Counts(good, total))


def test_few_outcomes_before_bound_little() -> None:
    """By the share alone, 0.8 of ten outcomes would be as good a baseline as 0.8 of five thousand."""
    assert after((690, 1000)).verdict is Verdict.WORSE
    assert after((690, 1000), before=Counts(8, 10)).verdict is Verdict.UNCERTAIN
    assert after((900, 1000)).verdict is Verdict.NOT_WORSE
    assert after((900, 1000), before=Counts(8, 10)).verdict is Verdict.UNCERTAIN


def test_outcomes_that_are_known_to_come_together_are_fewer_on_both_sides() -> None:
    assert after((690, 1000), repeats=4).verdict is Verdict.UNCERTAIN
    needed = first_certain(lower_share(40, 50, 0.005) - DROP, repeats=100)
    assert after(*((0, 1),) * (needed - 1), repeats=100).verdict is Verdict.UNCERTAIN
    assert after(*((0, 1),) * needed, repeats=100).verdict is Verdict.WORSE


def test_what_was_chosen_for_being_low_confirms_nothing() -> None:
    """It is as good as nothing, or lowers the bar of a rollback."""
    chosen = Before(BEFORE, Counts(0, 0), APART)
    assert compare(chosen, [Counts(9500, 10000)], DROP, True).verdict is Verdict.UNCERTAIN
    assert compare(chosen, [Counts(6900, 10000)], DROP, True).verdict is Verdict.WORSE
    few = Before(BEFORE, Counts(80, 100), APART)
    assert compare(few, [Counts(850, 1000)], DROP, True).verdict is Verdict.UNCERTAIN
    assert compare(few, [Counts(950, 1000)], DROP, True).verdict is Verdict.NOT_WORSE


def first_certain(level: float, repeats: float = 1) -> int:
    """Return after how many bad outcomes the mean likelihood ratio is 200: 1 / (RISK / 2)."""
    ratios = [(1 - q) / (1 - level) for q in alternatives_to(level)]
    return next(n for n in count() if fmean(ratio ** (n / repeats) for ratio in ratios) >= 200)


def test_certain_is_a_mean_likelihood_ratio_of_two_hundred_against_the_bound_of_before() -> None:
    needed = first_certain(lower_share(4000, 5000, 0.005) - DROP)
    assert after(*((0, 1),) * (needed - 1)).verdict is Verdict.UNCERTAIN
    assert after(*((0, 1),) * needed).verdict is Verdict.WORSE
    needed = first_certain(1 - (upper_share(4000, 5000, 0.005) - DROP))
    assert after(*((1, 1),) * (needed - 1)).verdict is Verdict.UNCERTAIN
    assert after(*((1, 1),) * needed).verdict is Verdict.NOT_WORSE


@pytest.mark.parametrize("drop", [0.8, 1.0])
def test_a_drop_to_below_nothing_is_none(drop: float) -> None:
    assert after((0, 1000), drop=drop).verdict is not Verdict.WORSE
    assert after((0, 10), before=Counts(0, 0)).verdict is Verdict.UNCERTAIN


@given(before=outcomes, windows=histories, drop=drops)
def test_an_error_rate_is_the_mirror_image(before: Counts, windows: list[Counts], drop: float) -> None:
    mirrored = [Counts(each.total - each.good, each.total) for each in windows]
    wrong = Counts(before.total - before.good, before.total)
    assert compare(known(before), windows, drop, True).verdict is compare(known(wrong), mirrored, drop, False).verdict


@given(before=outcomes, windows=histories, drop=drops, later=histories)
def test_what_is_certain_stays_so(before: Counts, windows: list[Counts], drop: float, later: list[Counts]) -> None:
    """So it doesn't matter how often it is asked, nor whether the operator was away when it became certain."""
    now = compare(known(before), windows, drop, True)
    if now.verdict is not Verdict.UNCERTAIN:
        assert compare(known(before), windows + later, drop, True) == now
