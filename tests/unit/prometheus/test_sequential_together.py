"""Before and after where outcomes come together: both promises are kept, and what that rests on."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import pytest

from refit_operator.prometheus.rules import sequential
from refit_operator.prometheus.rules.dispersion import NO_SCATTER, Scatter, across, neighbours
from refit_operator.prometheus.rules.evidence import WINDOWS
from refit_operator.prometheus.rules.reading import Counts
from refit_operator.prometheus.rules.sequential import RISK, Before, Verdict, compare

FORMER, OLD, DROP = 0.9, 0.78, 0.02
PATHS, EARLIER, TRAINING, AFTER = 100, 60, 6, 40
Source = Callable[[random.Random, float], Iterator[Counts]]


def in_groups(total: int, size: Callable[[random.Random], int]) -> Source:
    """Return windows of groups of equal answers."""

    def windows(chance: random.Random, accuracy: float) -> Iterator[Counts]:
        while True:
            good = seen = 0
            while seen < total:
                group = min(size(chance), total - seen)
                seen, good = seen + group, good + group * (chance.random() < accuracy)
            yield Counts(good, total)

    return windows


def as_before(total: int, often: float) -> Source:
    """Return windows of a Markov chain: an answer is that of the one before so often, in the next window, too."""

    def windows(chance: random.Random, accuracy: float) -> Iterator[Counts]:
        right = chance.random() < accuracy
        while True:
            good = 0
            for _ in range(total):
                right = right if chance.random() < often else chance.random() < accuracy
                good += right
            yield Counts(good, total)

    return windows


TOGETHER: dict[str, Source] = {
    "four at a time": in_groups(80, lambda _: 4),
    "ten at a time": in_groups(100, lambda _: 10),
    "ten at a time, twenty a window": in_groups(20, lambda _: 10),
    "users": in_groups(80, lambda chance: 1 + int(chance.expovariate(1 / 4))),
    "half of them as the one before": as_before(80, 0.5),
    "half of them as the one before, five a window": as_before(5, 0.5),
}


def total(windows: Sequence[Counts]) -> Counts:
    return Counts(sum(each.good for each in windows), sum(each.total for each in windows))


def before(earlier: Sequence[Counts], trained: Sequence[Counts]) -> Before:
    """Return what a run would record of windows before the drop, and since it was triggered."""
    scatter = neighbours(earlier) + neighbours(trained)
    return Before(total(trained), total(trained), scatter, max(1.0, across(earlier), across(trained)))


def promotions(name: str, change: float, earlier: int = EARLIER) -> Iterator[tuple[Before, list[Counts]]]:
    chance, source = random.Random(name), TOGETHER[name]
    for _ in range(PATHS):
        rows = [(FORMER, earlier), (OLD, TRAINING), (OLD + change, AFTER)]
        former, trained, after = (list(islice(source(chance, share), number)) for share, number in rows)
        yield before(former, trained), after


@pytest.mark.parametrize("earlier", [EARLIER, 0], ids=["after a day", "at first"])
@pytest.mark.parametrize("name", TOGETHER)
def test_neither_verdict_is_wrong_more_often_than_promised(name: str, earlier: int) -> None:
    """Worse by the drop exactly: neither may be said."""
    found = [compare(*each, DROP, True).verdict for each in promotions(name, -DROP, earlier)]
    assert PATHS - found.count(Verdict.UNCERTAIN) <= RISK * PATHS


@pytest.mark.parametrize("name", ["four at a time", "users", "half of them as the one before"])
def test_a_large_loss_and_a_large_gain_are_found(name: str) -> None:
    worse = [compare(*each, DROP, True).verdict for each in promotions(name, -0.4)]
    better = [compare(*each, DROP, True).verdict for each in promotions(name, 0.2)]
    assert worse.count(Verdict.WORSE) >= 0.7 * PATHS
    assert better.count(Verdict.NOT_WORSE) >= 0.5 * PATHS


def alternating(high: int, low: int, number: int, of: int = 100) -> list[Counts]:
    return [Counts(low if place % 2 else high, of) for place in range(number)]


KNOWN = Before(Counts(7800, 10000), Counts(7800, 10000), Scatter(10**6, 0.9, 1.0))


def test_windows_of_both_sides_tell_how_many_come_together() -> None:
    steady, uneven = [Counts(76, 100)] * 4, alternating(96, 56, 4)
    assert compare(KNOWN, steady, DROP, True).repeats == 1
    few = replace(KNOWN, scatter=Scatter(20, 0.9, 1.0))
    assert compare(few, uneven, DROP, True).repeats > compare(few, steady, DROP, True).repeats
    grouped = replace(KNOWN, scatter=Scatter(10**6, 9.0, 300.0))
    assert compare(grouped, steady, DROP, True).repeats == pytest.approx(9, abs=0.2)


def test_a_change_between_both_sides_is_no_difference_of_neighbours() -> None:
    """Each side has its own share: a loss of fifty points looks as even as it is."""
    earlier = alternating(80, 76, 60)
    found = compare(before(earlier, earlier[:6]), [Counts(30, 100)] * 3, DROP, True)
    assert (found.verdict, found.counts, found.repeats) == (Verdict.WORSE, Counts(30, 100), 1)


def test_what_is_known_is_the_least() -> None:
    found = compare(replace(KNOWN, repeats=10.0), [Counts(30, 100)] * 9, DROP, True)
    assert (found.verdict, found.repeats) == (Verdict.WORSE, 10)
    assert found.counts.total > compare(KNOWN, [Counts(30, 100)] * 9, DROP, True).counts.total


def test_windows_after_show_what_spans_several() -> None:
    """Four good ones, four bad ones: neighbours hardly differ."""
    spans = [Counts(61 if place // 4 % 2 else 95, 100) for place in range(32)]
    grouped = replace(KNOWN, scatter=Scatter(10**6, 9.0, 100.0))
    assert compare(grouped, spans[:7], DROP, True).repeats < 10
    assert compare(grouped, spans, DROP, True).repeats > 20


def test_too_few_windows_to_tell_decide_nothing() -> None:
    nothing = replace(KNOWN, scatter=NO_SCATTER)
    after = alternating(32, 28, 9)
    assert [compare(nothing, after[:number], DROP, True).verdict for number in (1, 2)] == [Verdict.UNCERTAIN] * 2
    assert compare(nothing, after[:2], DROP, True).repeats == float("inf")
    assert compare(nothing, after, DROP, True).verdict is Verdict.WORSE


def test_what_was_certain_once_stays_so_whatever_differs_later() -> None:
    few = replace(KNOWN, scatter=Scatter(30, 1.0, 3.0))
    now = compare(few, [Counts(30, 100)] * 2, DROP, True)
    later = compare(few, [Counts(30, 100)] * 2 + alternating(100, 0, 20), DROP, True)
    assert now.verdict is Verdict.WORSE
    assert later == now


def test_windows_without_outcomes_are_none() -> None:
    after, gap = alternating(35, 25, 4), Counts(0, 0)
    assert compare(KNOWN, [gap, *after, gap], DROP, True) == compare(KNOWN, after, DROP, True)


def test_of_as_many_windows_as_are_read_few_ask_for_bounds_of_their_own() -> None:
    """Each is certain if outcomes came by themselves, and none as they come together. A bound costs milliseconds."""
    uneven = replace(KNOWN, scatter=Scatter(100, 500.0, 10**6))
    sequential._bounds.cache_clear()
    assert compare(uneven, alternating(90, 10, WINDOWS), DROP, True).verdict is Verdict.UNCERTAIN
    assert sequential._bounds.cache_info().misses < WINDOWS
