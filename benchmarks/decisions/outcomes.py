"""Windows of outcomes as models and their users make them: independent, in groups, after each other, with gaps."""

import random
from collections.abc import Callable, Iterator

import numpy as np

from refit_operator.prometheus.rules.reading import Counts

Windows = Iterator[Counts | None]
Source = Callable[[random.Random, float], Windows]
"""Gives windows without an end, for a generator of chance and an accuracy; None is one that was no reading."""


def independent(total: int) -> Source:
    """Return windows of so many outcomes, each by itself."""

    def windows(chance: random.Random, accuracy: float) -> Windows:
        drawn = np.random.default_rng(chance.getrandbits(64))
        while True:
            yield Counts(int(drawn.binomial(total, accuracy)), total)

    return windows


def in_groups(total: int, size: Callable[[random.Random], int]) -> Source:
    """Return windows of groups with one answer each, whose sizes are drawn."""

    def windows(chance: random.Random, accuracy: float) -> Windows:
        while True:
            good = seen = 0
            while seen < total:
                group = min(size(chance), total - seen)
                seen, good = seen + group, good + group * (chance.random() < accuracy)
            yield Counts(good, total)

    return windows


def of_size(total: int, size: int) -> Source:
    """Return windows of groups of one size."""
    return in_groups(total, lambda _: size)


def by_users(total: int, mean: float, most: int) -> Source:
    """Return windows of users who repeat themselves: many a few times, some often (exponential), at most `most`."""
    return in_groups(total, lambda chance: min(most, 1 + int(chance.expovariate(1 / mean))))


def by_crowds(total: int, most: int) -> Source:
    """Return windows of users of whom few send most of all requests (Pareto, 1.5)."""
    return in_groups(total, lambda chance: min(most, int(chance.paretovariate(1.5))))


def as_before(total: int, correlation: float) -> Source:
    """Return windows of a Markov chain: neighbouring outcomes have this correlation, in the next window, too."""

    def windows(chance: random.Random, accuracy: float) -> Windows:
        right = chance.random() < accuracy
        while True:
            good = 0
            for _ in range(total):
                right = right if chance.random() < correlation else chance.random() < accuracy
                good += right
            yield Counts(good, total)

    return windows


def with_gaps(source: Source, share: float) -> Source:
    """Return the windows with gaps: so many of them were no reading, or had no outcomes."""

    def windows(chance: random.Random, accuracy: float) -> Windows:
        for window in source(chance, accuracy):
            yield window if chance.random() >= share else chance.choice((None, Counts(0, 0)))

    return windows
