"""Whether a promotion stays where outcomes come together: what is simulated, and its tables."""

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

from benchmarks.decisions.outcomes import Source, as_before, by_crowds, by_users, of_size
from benchmarks.pages import Record
from refit_operator.prometheus.rules.dispersion import Scatter
from refit_operator.prometheus.rules.reading import Counts
from refit_operator.prometheus.rules.sequential import Before, Verdict, compare

SOURCES: dict[str, Source] = {
    "groups of 4, 200 a window": of_size(200, 4),
    "groups of 10, 200 a window": of_size(200, 10),
    "groups of 10, 20 a window": of_size(20, 10),
    "Markov 0.5, 200 a window": as_before(200, 0.5),
    "Markov 0.5, 5 a window": as_before(5, 0.5),
    "Markov 0.8, 5 a window": as_before(5, 0.8),
    "users of 4 on average, 200 a window": by_users(200, 4, 100),
    "users, few of whom send most, 200 a window": by_crowds(200, 100),
}
HISTORIES = (100, 0)
"""Windows before the run was requested: with none the first differences are those of the training."""
APART = Scatter(10**6, 0.9, 1.0)
"""What windows would show of outcomes that don't come together."""


def windows(chance: np.random.Generator, name: str, accuracy: float, number: int) -> list[Counts]:
    """Return windows of a source."""
    found = SOURCES[name](random.Random(int(chance.integers(2**62))), accuracy)
    return [counts for counts in islice(found, number) if counts]


def one_by_one(before: Before, after: Sequence[Counts], drop: float) -> Verdict:
    """Return the verdict if each outcome were counted by itself."""
    apart, good, total = Before(before.counts, before.unselected, APART), 0, 0
    for counts in after:
        good, total = good + counts.good, total + counts.total
        verdict = compare(apart, [Counts(good, total)], drop, True).verdict
        if verdict is not Verdict.UNCERTAIN:
            return verdict
    return Verdict.UNCERTAIN


def cells(records: Sequence[Record], percent: Callable[[float], str]) -> Iterator[list[str]]:
    """Yield a row of cells for each source: what is wrong with and without a history, one by one, and what is found."""
    for name in SOURCES:
        mine = [each for each in records if each.get("source") == name]
        limits = [each for each in mine if each["part"] in ("together", "one-by-one")]
        limits.sort(key=lambda each: str(each["part"]), reverse=True)
        wrong = [f"{percent(each['rolled_back'])}, {percent(each['confirmed'])}" for each in limits]
        found = [each for each in mine if each["part"] == "together-loss"]
        seen = [percent(each["rolled_back"] if each["change"] < 0 else each["confirmed"]) for each in found]
        yield [name, *wrong, *seen]
