"""Threshold and window for a metric of two counters, by the evidence that the operator goes by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from refit_calibrate.choose import HOUR, MONTH, Plan, accuracy_of, check_length, drift_of
from refit_calibrate.evidence import FEWEST_WINDOWS, false_rate, needed_for, windows_until
from refit_calibrate.history import Block
from refit_calibrate.probabilities import Array, Prior, fit_prior
from refit_trainer.contract.errors import BadInput

CANDIDATES = (60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
"""Windows that are tried, in seconds."""
SHARES: Array = np.round(np.arange(0, 0.96, 0.05), 2)
"""Candidates for the threshold: at which share of the way from the accuracy to that of a drift."""
QUANTILES: Array = (np.arange(9) + 0.5) / 9
"""A block's accuracy is known only as well as its labels tell: it stands for nine that are equally likely."""
GRID = 48
"""Accuracies for which the time to a breach is computed; between them it is interpolated."""
SCRAPES = 4
"""Scrapes that a window should hold: the increase of a counter in it is read off these."""
ABOUT_THE_SAME = 1.05
"""Of the windows that cost at most this share of the cheapest the shortest is taken: it shows a large drop first."""


@dataclass(frozen=True, slots=True)
class WindowChoice:
    """The best threshold of one window, with what it implies. Times are in seconds."""

    window: float
    threshold: float
    accuracy: float
    lag: float
    """Mean time from a drift to the breach, `longest` where it isn't seen sooner."""
    lag_of_drop: float
    """The same for a fall of the accuracy by the plan's drop; infinity where it isn't found."""
    promised: float
    """False runs a month at most, for as long as the accuracy is the threshold or above."""
    expected: float
    """Runs a month that nothing called for, by the blocks before a drift; some of these may lie below the threshold."""
    cost: float
    range: tuple[float, float]
    """The lowest and the highest threshold that leaving out one block gave."""
    thresholds: Array
    costs: Array
    """Of all candidates for the threshold."""
    drifted: tuple[Block, ...]


def choose_by_window(blocks: Sequence[Block], plan: Plan) -> list[WindowChoice]:
    """Choose a threshold for each window; raise BadInput where the history is too short to test on."""
    check_length(blocks)
    longest = plan.per / plan.at_most / FEWEST_WINDOWS
    windows = [window for window in CANDIDATES if SCRAPES * plan.scrape <= window <= longest]
    if not windows:
        bounds = f"{SCRAPES} scrapes are {SCRAPES * plan.scrape:.0f} s, and the longest that is allowed {longest:.0f} s"
        raise BadInput(f"no window from 1 to 60 minutes fits: {bounds}")
    return [_choose(blocks, plan, window) for window in windows]


def cheapest(choices: Sequence[WindowChoice]) -> WindowChoice:
    """Return the choice that costs least; of those that cost about the same, that with the shortest window."""
    least = min(choice.cost for choice in choices)
    return min((c for c in choices if c.cost <= ABOUT_THE_SAME * least), key=lambda choice: choice.window)


def _choose(blocks: Sequence[Block], plan: Plan, window: float) -> WindowChoice:
    good, drifted = [block for block in blocks if not block.is_drifted], drift_of(blocks, plan)
    accuracy, lower = accuracy_of(good), min(accuracy_of(drifted), accuracy_of(good) - 0.001)
    thresholds = np.clip(accuracy - SHARES * (accuracy - lower), 0.001, 0.999)
    before, after = _accuracies(good), _accuracies(drifted)
    times = _Times(plan, window, thresholds, np.append(np.concatenate([before, after]), accuracy - plan.drop))
    false, late = times.false_a_month(before), times.lag(after)
    costs = _costs(false, late, plan)
    best = int(costs.argmin())
    return WindowChoice(
        window=window,
        threshold=round(float(thresholds[best]), 3),
        accuracy=accuracy,
        lag=float(late.mean(axis=0)[best]),
        lag_of_drop=float(times.seconds_to_breach(np.array([accuracy - plan.drop]))[0, best]),
        promised=plan.at_most * MONTH / plan.per,
        expected=float(false.mean(axis=0)[best]),
        cost=float(costs[best]),
        range=_range(false, late, thresholds, plan),
        thresholds=thresholds,
        costs=costs,
        drifted=tuple(drifted),
    )


def _accuracies(blocks: Sequence[Block]) -> Array:
    """Return what each block's accuracy may have been, a row for each block."""
    prior = common_prior(blocks)
    rows = [beta.ppf(QUANTILES, prior.right + b.right, prior.wrong + b.labels - b.right) for b in blocks]
    return np.array(rows)


def common_prior(blocks: Sequence[Block]) -> Prior:
    """Return what the blocks have in common, no surer than all their labels together are of it: blocks that differ only
    as labels scatter may all lie above or below the accuracy that they show.
    """
    prior, labels = fit_prior(blocks), sum(block.labels for block in blocks)
    share = min(1.0, labels / (prior.right + prior.wrong))
    return Prior(prior.right * share, prior.wrong * share)


class _Times:
    """How often an accuracy is in breach, by threshold: computed on a grid of accuracies."""

    def __init__(self, plan: Plan, window: float, thresholds: Array, accuracies: Array) -> None:
        self._plan, self._window, self._thresholds = plan, window, thresholds
        self._grid = np.linspace(max(1e-4, float(accuracies.min())), float(accuracies.max()), GRID)
        self._needed = needed_for(plan.at_most, plan.per, window)
        labels = plan.labels * window / plan.interval
        self._rates = 1 / windows_until(self._grid[:, None], thresholds[None, :], labels, self._needed)

    def seconds_to_breach(self, accuracies: Array) -> Array:
        """Return the time to the breach, for each accuracy and threshold; infinity where there is none."""
        columns = [np.interp(accuracies, self._grid, self._rates[:, n]) for n in range(len(self._thresholds))]
        with np.errstate(divide="ignore"):
            return np.asarray(self._window / np.stack(columns, axis=-1))

    def false_a_month(self, accuracies: Array) -> Array:
        """Return how often each block before a drift starts a run: by chance, or since it lies below the threshold."""
        by_chance = MONTH / self._window * false_rate(accuracies[..., None], self._thresholds, self._needed)
        below = MONTH / (self.seconds_to_breach(accuracies) + self._plan.cooldown)
        runs = np.where(accuracies[..., None] < self._thresholds, np.maximum(below, by_chance), by_chance)
        return np.asarray(runs.mean(axis=1))

    def lag(self, accuracies: Array) -> Array:
        """Return the seconds to the breach, `longest` where it comes later."""
        return np.asarray(np.minimum(self.seconds_to_breach(accuracies), self._plan.longest).mean(axis=1))


def _costs(false: Array, late: Array, plan: Plan) -> Array:
    hours = late.mean(axis=0) / HOUR
    return np.asarray(false.mean(axis=0) * plan.false_cost + hours * plan.hour_cost * plan.drifts)


def _range(false: Array, late: Array, thresholds: Array, plan: Plan) -> tuple[float, float]:
    """Choose again without each block in turn."""
    found = [_costs(np.delete(false, n, axis=0), late, plan).argmin() for n in range(len(false))]
    if len(late) > 1:
        found += [_costs(false, np.delete(late, n, axis=0), plan).argmin() for n in range(len(late))]
    chosen = [float(thresholds[best]) for best in found]
    return round(min(chosen), 3), round(max(chosen), 3)
