"""Evidence by counts: the promised rate of false alarms, and what the statistic may depend on."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice, pairwise
from math import comb, exp, fsum, inf, isfinite, log, sqrt
from statistics import fmean, median, stdev

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.decisions.recursion import log_statistics
from refit_operator.prometheus.rules.evidence import (
    ALTERNATIVES,
    MOST_OF_A_WINDOW,
    Evidence,
    alternatives_to,
    log_factor,
    needed_for,
    weigh,
)
from refit_operator.prometheus.rules.reading import Counts

Windows = Iterator[Counts | None]
Source = Callable[[random.Random], Windows]
TAU = 0.85
NEEDED = 30.0
PATHS = 150
LOOKED_AT = 100

outcomes = st.integers(0, 60).flatmap(lambda total: st.builds(Counts, st.integers(0, total), st.just(total)))
histories = st.lists(st.none() | outcomes, max_size=12)
thresholds = st.floats(0.001, 0.999)


def drawn(total: int, accuracy: float) -> Source:
    """Return windows of independent outcomes at one accuracy."""
    weights = [comb(total, good) * accuracy**good * (1 - accuracy) ** (total - good) for good in range(total + 1)]
    return lambda chance: (
        Counts(good, total) for good in iter(lambda: chance.choices(range(total + 1), weights)[0], -1)
    )


def after_an_error(total: int) -> Source:
    """Return windows of a Markov chain: the next outcome is better than τ after a wrong one, else at τ."""

    def windows(chance: random.Random) -> Windows:
        right = True
        while True:
            good = 0
            for _ in range(total):
                right = chance.random() < (TAU if right else 0.97)
                good += right
            yield Counts(good, total)

    return windows


def of_changing_size(chance: random.Random) -> Windows:
    """Yield windows of one to forty outcomes, larger after a bad one: who looks closer then changes no chance."""
    total = 5
    while True:
        good = sum(chance.random() < TAU for _ in range(total))
        yield Counts(good, total)
        total = 40 if good < TAU * total else 1


def with_gaps(source: Source) -> Source:
    """Return the windows with gaps: a third of them were no reading, or had no outcomes."""

    def windows(chance: random.Random) -> Windows:
        for window in source(chance):
            yield window if chance.random() < 2 / 3 else chance.choice((None, Counts(0, 0)))

    return windows


AT_THE_THRESHOLD: dict[str, Source] = {
    "one outcome a window": drawn(1, TAU),
    "five": drawn(5, TAU),
    "fifty": drawn(50, TAU),
    "five hundred": drawn(500, TAU),
    "outcomes that depend on the one before": after_an_error(20),
    "windows whose size follows the last one's outcomes": of_changing_size,
    "gaps": with_gaps(drawn(20, TAU)),
}


def statistic(windows: Sequence[Counts | None], threshold: float, repeats: float = 1.0) -> float:
    """Return the logarithm of the statistic after the last window, where that many outcomes come together."""
    *_, last = [-inf, *log_statistics(windows, threshold, True, repeats)]
    return last


def first_alarm(windows: Windows, needed: float) -> int:
    """Return after how many windows the statistic first reaches what is needed; no more are looked at than LOOKED_AT.

    That only lowers a mean of these.
    """
    statistics = islice(log_statistics(windows, TAU, below=True), LOOKED_AT)
    return next((number for number, found in enumerate(statistics, 1) if found >= log(needed)), LOOKED_AT)


@pytest.mark.parametrize("name", AT_THE_THRESHOLD)
def test_false_alarms_are_no_more_frequent_than_promised(name: str) -> None:
    chance = random.Random(name)
    times = [first_alarm(AT_THE_THRESHOLD[name](chance), NEEDED) for _ in range(PATHS)]
    assert fmean(times) + 3 * stdev(times) / PATHS**0.5 >= NEEDED


@pytest.mark.parametrize("threshold", [0.02, 0.5, TAU, 0.99, 0.999])
@pytest.mark.parametrize("above", [0.0, 0.3, 1.0])
def test_a_window_at_the_threshold_or_above_is_a_factor_of_one_at_most(threshold: float, above: float) -> None:
    """Summed up over all that can happen, so exact: 1 at the threshold, less above it."""
    accuracy, total = threshold + above * (1 - threshold), 7
    for q in alternatives_to(threshold):
        mean = fsum(
            comb(total, k)
            * accuracy**k
            * (1 - accuracy) ** (total - k)
            * exp(log_factor(Counts(k, total), threshold, q))
            for k in range(total + 1)
        )
        assert mean == pytest.approx(1, rel=1e-9) if above == 0 else mean < 1


@pytest.mark.parametrize(("accuracy", "latest"), [(0.80, 8), (0.75, 3), (0.70, 2)])
def test_a_drop_is_found_within_windows(accuracy: float, latest: int) -> None:
    """Two hundred outcomes in ten minutes, and one false alarm in thirty days."""
    needed = needed_for(1, timedelta(days=30), timedelta(minutes=10))
    chance = random.Random(1)
    assert median(first_alarm(drawn(200, accuracy)(chance), needed) for _ in range(40)) <= latest


def test_what_is_needed_is_the_windows_between_two_false_alarms() -> None:
    month = timedelta(days=30)
    assert needed_for(1, month, timedelta(minutes=10)) == 4320
    assert needed_for(2, month, timedelta(minutes=10)) == 2160
    assert needed_for(1, 2 * month, timedelta(minutes=5)) == 17280


def test_a_window_by_hand() -> None:
    """The statistic is the mean over the alternatives of (q/τ)^k·((1-q)/(1-τ))^(n-k), and of what follows of it."""
    first, second = Counts(6, 10), Counts(7, 9)
    a = [(q / TAU) ** 6 * ((1 - q) / (1 - TAU)) ** 4 for q in alternatives_to(TAU)]
    b = [(q / TAU) ** 7 * ((1 - q) / (1 - TAU)) ** 2 for q in alternatives_to(TAU)]
    assert weigh([first], TAU, True).log_statistic == pytest.approx(log(fmean(a)))
    both = fmean(y * (x + 1) for x, y in zip(a, b, strict=True))
    assert statistic([first, second], TAU) == pytest.approx(log(both))
    in_pairs = fmean(sqrt(y) * (sqrt(x) + 1) for x, y in zip(a, b, strict=True))
    assert statistic([first, second], TAU, repeats=2) == pytest.approx(log(in_pairs))


@given(thresholds)
def test_alternatives_are_below_the_threshold_in_steps_that_grow_by_one_factor(threshold: float) -> None:
    found = alternatives_to(threshold)
    distances = [threshold - q for q in found]
    steps = [later / earlier for earlier, later in pairwise(distances)]
    assert len(found) == ALTERNATIVES
    assert all(0 < q < threshold for q in found)
    assert found[-1] == pytest.approx(threshold / 2)
    assert steps == pytest.approx([steps[0]] * len(steps), rel=1e-3)


def test_the_nearest_alternative() -> None:
    assert alternatives_to(TAU)[0] == pytest.approx(0.845)
    assert alternatives_to(0.999)[0] == pytest.approx(0.9985)
    assert alternatives_to(0.01)[0] == pytest.approx(0.009)


@pytest.mark.parametrize("threshold", [0.0, 1.0, -0.1, 85.0])
def test_a_threshold_that_no_share_can_cross_is_refused(threshold: float) -> None:
    for below in (True, False):
        with pytest.raises(ValueError, match="between 0 and 1"):
            weigh([], threshold, below)


@pytest.mark.parametrize(("good", "total"), [(6, 5), (-1, 5), (1, 0)])
def test_counts_that_cant_be_are_refused(good: int, total: int) -> None:
    with pytest.raises(ValueError, match="can't be"):
        Counts(good, total)


@given(histories, thresholds)
def test_an_error_rate_is_the_mirror_image(windows: list[Counts | None], threshold: float) -> None:
    wrong = [window and Counts(window.total - window.good, window.total) for window in windows]
    right, mirrored = weigh(windows, threshold, True), weigh(wrong, 1 - threshold, False)
    assert mirrored.log_statistic == pytest.approx(right.log_statistic, abs=1e-6)
    assert mirrored.counts.total == sum(w.total for w in windows[mirrored.begun :] if w) or mirrored.begun is None


@given(st.lists(outcomes, min_size=1, max_size=12), thresholds, st.data())
def test_a_right_outcome_more_instead_of_a_wrong_one_lowers_it(
    windows: list[Counts], threshold: float, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(windows) - 1))
    window = windows[place]
    better = Counts(min(window.good + 1, window.total), window.total)
    changed = [*windows[:place], better, *windows[place + 1 :]]
    assert statistic(changed, threshold) <= statistic(windows, threshold) + 1e-9


@given(st.lists(outcomes, min_size=1, max_size=12), thresholds)
def test_older_windows_left_out_only_lower_it(windows: list[Counts], threshold: float) -> None:
    assert statistic(windows[1:], threshold) <= statistic(windows, threshold) + 1e-9


@given(histories, thresholds, st.data())
def test_what_was_no_reading_or_had_no_outcomes_changes_nothing(
    windows: list[Counts | None], threshold: float, data: st.DataObject
) -> None:
    place, gap = data.draw(st.integers(0, len(windows))), data.draw(st.sampled_from([None, Counts(0, 0)]))
    more = weigh([*windows[:place], gap, *windows[place:]], threshold, True)
    less = weigh(windows, threshold, True)
    assert (more.log_statistic, more.counts) == (less.log_statistic, less.counts)


@given(outcomes, outcomes, thresholds)
def test_the_factor_of_two_windows_is_that_of_both_in_one(first: Counts, second: Counts, threshold: float) -> None:
    both = Counts(first.good + second.good, first.total + second.total)
    for q in alternatives_to(threshold):
        apart = log_factor(first, threshold, q) + log_factor(second, threshold, q)
        assert log_factor(both, threshold, q) == pytest.approx(apart, abs=1e-9)


@given(st.lists(outcomes, max_size=6), outcomes, outcomes, thresholds)
def test_windows_made_one_are_a_start_less(
    before: list[Counts], first: Counts, second: Counts, threshold: float
) -> None:
    both = Counts(first.good + second.good, first.total + second.total)
    tried = [log_factor(each, threshold, q) for q in alternatives_to(threshold) for each in (first, second, both)]
    assume(max(tried) <= MOST_OF_A_WINDOW)
    assert statistic([*before, both], threshold) <= statistic([*before, first, second], threshold) + 1e-9


@given(histories, thresholds, st.booleans())
def test_the_sum_over_starts_is_the_statistic_of_the_recursion(
    windows: list[Counts | None], threshold: float, below: bool
) -> None:
    known = weigh(windows, threshold, below)
    *_, found = [-inf, *log_statistics(windows, threshold, below, known.repeats)]
    assert known.log_statistic == pytest.approx(found, abs=1e-9, rel=1e-12)


def test_it_began_to_rise_where_the_drop_is() -> None:
    windows = [*[Counts(90, 100)] * 5, None, *[Counts(70, 100)] * 3, Counts(0, 0)]
    assert weigh(windows, TAU, True).begun == 6
    assert weigh(windows, TAU, True).counts == Counts(210, 300)
    assert weigh([Counts(90, 100)] * 5, TAU, True).counts == Counts(90, 100)


@pytest.mark.parametrize("windows", [[], [None], [Counts(0, 0), None]])
def test_no_outcomes_are_no_evidence(windows: list[Counts | None]) -> None:
    assert weigh(windows, TAU, True) == Evidence(-inf, None, Counts(0, 0))
    assert not weigh(windows, TAU, True).reaches(1)


@pytest.mark.parametrize("threshold", [1e-6, TAU, 1 - 1e-6])
@pytest.mark.parametrize("good", [0, 10**9])
def test_numbers_stay_finite(threshold: float, good: int) -> None:
    assert isfinite(weigh([Counts(good, 10**9)] * 400, threshold, True).log_statistic)


def test_no_window_alone_is_more_than_a_hundred_to_one() -> None:
    """A user who got a thousand wrong answers within one window is no breach."""
    burst = [*[Counts(180, 200)] * 50, Counts(180, 1200)]
    assert weigh([Counts(180, 1200)], TAU, True).log_statistic <= log(100)
    assert weigh(burst, TAU, True).log_statistic < log(8640)
    assert statistic(burst, TAU) == pytest.approx(log(100) + log(exp(statistic(burst[:-1], TAU)) + 1), abs=0.1)


def test_what_is_known_to_come_together_counts_where_it_is_more_than_what_is_measured() -> None:
    windows = [Counts(170, 200), Counts(120, 200), Counts(130, 200)]
    measured = weigh(windows, TAU, True)
    known = weigh(windows, TAU, True, repeats=50)
    assert 1 < measured.repeats < 50 and known.repeats == 50
    assert known.log_statistic < measured.log_statistic
    assert weigh(windows, TAU, True, repeats=1) == measured
    assert (known.counts.total, known.repeats) == (400, 50)


def test_what_is_needed_is_enough() -> None:
    assert Evidence(log(20)).reaches(20)
    assert not Evidence(log(19.99)).reaches(20)
