"""The simulation behind `benchmarks.false_alarms`: labels, the readings they give, and the rules that judge those.

Readings lie an interval apart and each is the share of right answers among its own labels, so that they are
independent. The rule is the operator's: M of the last N below the threshold; an alarm clears the window, and the next
one waits out the cooldown. Everything runs side by side in rows of an array, one row a month or one a drop.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Times = NDArray[np.float64]


@dataclass(frozen=True)
class Rule:
    """M of the last N readings."""

    m: int
    n: int

    def __str__(self) -> str:
        return f"{self.m} of {self.n}"


def is_below(right: Counts, labels: int, threshold: float) -> Flags:
    """Return which readings are in breach; the threshold itself is still good."""
    return right / labels < threshold - 1e-12


def count_alarms(breaches: Flags, rule: Rule, cooldown: int, overlap: int = 1) -> Counts:
    """Return the alarms in each row. `cooldown` is in readings; after an alarm, those that overlap it don't count."""
    rows, steps = breaches.shape
    window = np.zeros((rows, rule.n), dtype=bool)
    quiet = np.zeros(rows, dtype=int)
    alarms = np.zeros(rows, dtype=int)
    for step in range(steps):
        window[:, step % rule.n] = breaches[:, step] & (quiet <= cooldown - overlap)
        alarm = (window.sum(axis=1) >= rule.m) & (quiet <= 0)
        alarms += alarm
        window[alarm] = False
        quiet = np.where(alarm, cooldown, quiet - 1)
    return alarms


def first_alarm(breaches: Flags, rule: Rule) -> Counts:
    """Return the index of the reading at which each row is in breach, the number of readings where it never is."""
    padded = np.concatenate([np.zeros((breaches.shape[0], rule.n), dtype=int), np.cumsum(breaches, axis=1)], axis=1)
    return _first(np.asarray(padded[:, rule.n :] - padded[:, : -rule.n] >= rule.m))


def _first(flags: Flags) -> Counts:
    found: Counts = np.where(flags.any(axis=1), flags.argmax(axis=1), flags.shape[1])
    return found


def after_drop(
    random: np.random.Generator, before: float, after: float, labels: int, shape: tuple[int, int]
) -> tuple[Counts, Times]:
    """Return right answers from a drop on, and how far into its interval the drop came."""
    phase = random.random(shape[0])
    old = np.round(phase * labels).astype(int)
    right = random.binomial(labels, after, shape)
    right[:, 0] = random.binomial(old, before) + random.binomial(labels - old, after)
    return right, phase


def overlapping(
    random: np.random.Generator, accuracy: float, labels: int, polls: int, shape: tuple[int, int]
) -> Counts:
    """Return right answers in a range that is polled so many times while it passes: neighbours share most labels."""
    rows, steps = shape
    pieces = random.binomial(labels // polls, accuracy, (rows, steps + polls))
    total = np.cumsum(pieces, axis=1)
    return total[:, polls:] - total[:, :-polls]


@dataclass(frozen=True)
class Cusum:
    """Page's cumulative sum of log-likelihood ratios for a drop from `good` to `bad` (Biometrika 1954)."""

    good: float
    bad: float
    limit: float = 0.0

    def _gains(self, right: Counts, labels: int) -> Times:
        hit, miss = np.log(self.bad / self.good), np.log((1 - self.bad) / (1 - self.good))
        gains: Times = right * hit + (labels - right) * miss
        return gains

    def count(self, right: Counts, labels: int, cooldown: int) -> Counts:
        """Return the alarms in each row, by the same cooldown."""
        level, quiet, alarms = (np.zeros(right.shape[0]) for _ in range(3))
        for gain in self._gains(right, labels).T:
            level = np.maximum(0, level + gain)
            alarm = (level >= self.limit) & (quiet <= 0)
            alarms += alarm
            level[alarm] = 0
            quiet = np.where(alarm, cooldown, quiet - 1)
        return alarms.astype(int)

    def first(self, right: Counts, labels: int) -> Counts:
        """Return the index of the first reading at which each row alarms."""
        level, levels = np.zeros(right.shape[0]), []
        for gain in self._gains(right, labels).T:
            level = np.maximum(0, level + gain)
            levels.append(level)
        return _first(np.stack(levels, axis=1) >= self.limit)

    def tuned(self, right: Counts, labels: int, cooldown: int, alarms: float) -> "Cusum":
        """Return the rule with the smallest limit that alarms at most so often, on average over the rows."""
        rules = [Cusum(self.good, self.bad, step / 8) for step in range(8, 160)]
        return rules[bisect_left(rules, True, key=lambda rule: rule.count(right, labels, cooldown).mean() <= alarms)]
