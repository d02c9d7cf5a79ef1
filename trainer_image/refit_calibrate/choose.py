"""The threshold by cross-validation over blocks of time: the one that costs least on blocks that were left out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from refit_calibrate.history import Block
from refit_calibrate.probabilities import Array, Prior, Rule, breach_probability, fit_prior, readings_until
from refit_trainer.contract.errors import BadInput

DISTANCES: Array = np.round(np.arange(0, 6.05, 0.1), 1)
"""Candidates: how many standard deviations of a reading the threshold lies below the accuracy."""
DAY, HOUR = 86400.0, 3600.0
MONTH = 30 * DAY


@dataclass(frozen=True, slots=True)
class Plan:
    """How the metric is read, and what errors cost. Times are in seconds."""

    rule: Rule
    interval: float
    labels: int
    """Labels in one reading."""
    cooldown: float = HOUR
    false_cost: float = 1.0
    """Of one run that nothing called for."""
    hour_cost: float = 1.0
    """Of an hour in which a drift isn't seen."""
    drifts: float = 1.0
    """Real drifts a month."""
    longest: float = 7 * 86400.0
    """After so long people find out anyway."""
    drop: float = 0.05
    """How far the accuracy falls in a drift, where the history has none."""
    at_most: int = 1
    """False runs that are allowed in `per`, where evidence is the rule."""
    per: float = MONTH
    scrape: float = 60.0
    """Between two scrapes of the counters."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The threshold with what it implies; arrays go by DISTANCES."""

    threshold: float
    accuracy: float
    distance: float
    false_a_month: float
    lag: float
    """Mean time from a drift to the breach, in seconds; `longest` where it isn't seen sooner."""
    costs: Array
    errors: Array
    """Standard errors of the costs over the blocks."""
    false_costs: Array
    lag_costs: Array
    range: tuple[float, float]
    """The lowest and the highest threshold that leaving out one block gave."""
    drifted: tuple[Block, ...]


def choose(blocks: Sequence[Block], plan: Plan) -> Choice:
    """Choose; raise BadInput where the history is too short to test on."""
    check_length(blocks)
    good, drifted = [block for block in blocks if not block.is_drifted], drift_of(blocks, plan)
    before, after = fit_prior(good), fit_prior(drifted)
    false = np.array([_false_a_month(block, before, _thresholds(_without(good, block), plan), plan) for block in good])
    late = np.array([_lag(block, after, _thresholds(accuracy_of(good), plan), plan) for block in drifted])
    false_costs, lag_costs = false * plan.false_cost, late / HOUR * plan.hour_cost * plan.drifts
    costs = false_costs.mean(axis=0) + lag_costs.mean(axis=0)
    best = int(costs.argmin())
    threshold = round(float(_thresholds(accuracy_of(good), plan)[best]), 3)
    return Choice(
        threshold=threshold,
        accuracy=accuracy_of(good),
        distance=float(DISTANCES[best]),
        false_a_month=float(np.mean([_false_a_month(block, before, np.array([threshold]), plan) for block in good])),
        lag=float(np.mean([_lag(block, after, np.array([threshold]), plan) for block in drifted])),
        costs=costs,
        errors=np.hypot(_standard_error(false_costs), _standard_error(lag_costs)),
        false_costs=false_costs.mean(axis=0),
        lag_costs=lag_costs.mean(axis=0),
        range=_range(good, drifted, false_costs, lag_costs, plan),
        drifted=tuple(drifted),
    )


def check_length(blocks: Sequence[Block]) -> None:
    """Raise BadInput where there are too few blocks before a drift."""
    good = sum(not block.is_drifted for block in blocks)
    if good < 3:
        raise BadInput(f"{good} blocks before any drift; there must be three to learn from and to test on")


def drift_of(blocks: Sequence[Block], plan: Plan) -> list[Block]:
    """Return the blocks of a drift; where the history has none, those before it with the plan's drop."""
    return [block for block in blocks if block.is_drifted] or [_with_drop(block, plan.drop) for block in blocks]


def accuracy_of(blocks: Sequence[Block]) -> float:
    """Return the share of right answers in all blocks together."""
    return sum(block.right for block in blocks) / sum(block.labels for block in blocks)


def _without(blocks: Sequence[Block], left_out: Block) -> float:
    """Return the accuracy of the other blocks: what would have been known when this one came."""
    return accuracy_of([block for block in blocks if block is not left_out])


def _thresholds(accuracy: float, plan: Plan) -> Array:
    deviation = np.sqrt(accuracy * (1 - accuracy) / plan.labels)
    return np.asarray(np.clip(accuracy - DISTANCES * deviation, 0, 1))


def _false_a_month(block: Block, prior: Prior, thresholds: Array, plan: Plan) -> Array:
    """Return how often a month of readings like this block's would start a run; an alarm clears the window."""
    readings = readings_until(breach_probability(block, prior, plan.labels, thresholds), plan.rule)
    return np.asarray(MONTH / (readings * plan.interval + plan.cooldown))


def _lag(block: Block, prior: Prior, thresholds: Array, plan: Plan) -> Array:
    readings = readings_until(breach_probability(block, prior, plan.labels, thresholds), plan.rule)
    return np.asarray(np.minimum(readings * plan.interval, plan.longest))


def _with_drop(block: Block, drop: float) -> Block:
    return replace(block, right=max(0, round(block.right - drop * block.labels)), is_drifted=True)


def _standard_error(costs: NDArray[np.float64]) -> Array:
    return np.asarray(costs.std(axis=0) / np.sqrt(len(costs)))


def _range(
    good: Sequence[Block], drifted: Sequence[Block], false: Array, late: Array, plan: Plan
) -> tuple[float, float]:
    """Choose again without each block in turn."""
    found = []
    for index, block in enumerate(good):
        costs = np.delete(false, index, axis=0).mean(axis=0) + late.mean(axis=0)
        found.append(_thresholds(_without(good, block), plan)[costs.argmin()])
    for index in range(len(drifted) if len(drifted) > 1 else 0):
        costs = false.mean(axis=0) + np.delete(late, index, axis=0).mean(axis=0)
        found.append(_thresholds(accuracy_of(good), plan)[costs.argmin()])
    return round(float(min(found)), 3), round(float(max(found)), 3)
