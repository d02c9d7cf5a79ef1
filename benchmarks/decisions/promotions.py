"""Promotions, simulated: what there was before a drop, while a candidate was trained, and after it.

A model serves with an accuracy below the threshold until its evidence makes a breach; it serves on while a candidate is
trained; then the candidate serves, and is judged at each window.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log

import numpy as np

from benchmarks.decisions.recursion import log_statistics
from refit_operator.prometheus.rules.baseline import pooled, with_differences
from refit_operator.prometheus.rules.evidence import WINDOWS, alternatives_to, needed_for, weigh
from refit_operator.prometheus.rules.reading import Counts, Reading, Value
from refit_operator.prometheus.rules.sequential import Before, Verdict, compare
from refit_operator.prometheus.rules.window import count_breaches
from refit_operator.run.rules.baseline import chosen
from refit_operator.run.rules.before_after import outcomes_of

WINDOW, START = timedelta(minutes=5), datetime(2026, 1, 1, tzinfo=UTC)
THRESHOLD, FORMER, OLD, DROP = 0.85, 0.90, 0.78, 0.02
NEEDED = needed_for(1, timedelta(days=30), WINDOW)
MONTHS = 200
"""Histories that are simulated side by side, for one that raises a false alarm."""
TRAINING = 6
"""Windows of a training of half an hour."""
Windows = list[Counts]


@dataclass(frozen=True)
class Promotion:
    """What there was: before the drop, since the evidence began to rise, in the training, after the rollout."""

    former: Windows
    led: Windows
    trained: Windows
    after: Windows


def independent(random: np.random.Generator, size: int, accuracy: float, windows: int) -> Windows:
    """Return windows of independent outcomes."""
    return [Counts(int(good), size) for good in random.binomial(size, accuracy, windows)]


def now_and_then_better(random: np.random.Generator, size: int, accuracy: float, windows: int) -> Windows:
    """Return windows of which each tenth is much better, and none worse."""
    shares = np.where(np.arange(windows) % 10 == 0, (1 + accuracy) / 2, accuracy)
    return [Counts(int(good), size) for good in random.binomial(size, shares)]


def after_a_bad_one(random: np.random.Generator, size: int, accuracy: float, windows: int) -> Windows:
    """Return windows of a size that depends on the one before: four times as large after a bad one."""
    found, total = [], size
    for _ in range(windows):
        good = int(random.binomial(total, accuracy))
        found.append(Counts(good, total))
        total = size * 4 if good < accuracy * total else size
    return found


Source = Callable[[np.random.Generator, int, float, int], Windows]
BETTER = "each tenth window much better"
SOURCES: dict[str, Source] = {
    "independent": independent,
    BETTER: now_and_then_better,
    "four times as many outcomes after a bad window": after_a_bad_one,
}


def breach(random: np.random.Generator, size: int, old: float) -> Windows:
    """Return the windows since the evidence began to rise, up to the breach."""
    while True:
        windows = independent(random, size, old, WINDOWS) if old < THRESHOLD else false_alarm(random, size)
        for place, statistic in enumerate(log_statistics(windows, THRESHOLD, True), start=1):
            if statistic >= log(NEEDED):
                begun = weigh(windows[:place], THRESHOLD, True).begun
                return windows[begun or 0 : place]


def false_alarm(random: np.random.Generator, size: int) -> Windows:
    """Return one of many histories at the threshold that are likely to raise an alarm.

    Whether it does the operator's own statistic says.
    """
    good = random.binomial(size, THRESHOLD, (MONTHS, WINDOWS))
    alternatives = np.array(alternatives_to(THRESHOLD))
    right, wrong = np.log(alternatives / THRESHOLD), np.log((1 - alternatives) / (1 - THRESHOLD))
    sums = np.zeros((MONTHS, len(alternatives)))
    for window in good.T:
        sums = np.exp(window[:, None] * right + (size - window[:, None]) * wrong) * (sums + 1)
        high = sums.mean(axis=1) >= NEEDED
        if high.any():
            break
    return [Counts(int(each), size) for each in good[high.argmax()]]


def promotion(
    random: np.random.Generator, size: int, new: float, length: int, old: float = OLD, source: Source = independent
) -> Promotion:
    """Return a promotion; a model at the threshold is replaced for nothing."""
    led = breach(random, size, old)
    former, trained = independent(random, size, FORMER, 100), independent(random, size, old, TRAINING)
    return Promotion(former, led, trained, source(random, size, new, length))


def readings(windows: Sequence[Counts], begin: int = 0) -> list[Reading]:
    """Return readings of windows that follow one another."""
    times = (START + WINDOW * (begin + place) for place in range(len(windows)))
    return [Value(each.good / each.total, time, each) for each, time in zip(windows, times, strict=True)]


def baseline(case: Promotion) -> Before:
    """Return what the operator would record."""
    former, led = readings(case.former), readings(case.led, len(case.former))
    since = readings(case.trained, len(case.former) + len(case.led))
    given = with_differences(pooled(led, WINDOW), None, former, led)
    found = chosen(given, pooled(since, WINDOW), pooled([*led, *since], WINDOW))
    recorded = with_differences(found, given, since)
    before = recorded and outcomes_of(recorded)
    assert before
    return before


def verdict(case: Promotion, before: Before) -> tuple[Verdict, int]:
    """Return the verdict, and after how many windows."""
    found = compare(before, case.after, DROP, True)
    totals = np.cumsum([counts.total for counts in case.after])
    return found.verdict, int(np.searchsorted(totals, found.counts.total)) + 1


def by_readings(case: Promotion) -> Verdict:
    """Return what M of N says against the reading that started the run: 3 of 5, at any window."""
    floor = case.led[-1].good / case.led[-1].total - DROP
    after = readings(case.after)
    rows = (after[max(0, place - 5) : place] for place in range(1, len(after) + 1))
    worse = any(count_breaches(row, floor, True, 5) >= 3 for row in rows)
    return Verdict.WORSE if worse else Verdict.NOT_WORSE
