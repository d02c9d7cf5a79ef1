"""How often M of N readings are in breach, computed rather than simulated."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom

from refit_calibrate.history import Block

Array = NDArray[np.float64]
STRONGEST = 1e6  # answers that a prior stands for
NEVER = 1e-9  # chance of M breaches in N readings; below it, the wait for them can't be told from forever
LONGEST = 10  # readings in a window: its states are the powers of two


@dataclass(frozen=True, slots=True)
class Rule:
    """M of the last N readings below the threshold make a breach."""

    count: int
    out_of: int


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of a block's accuracy before its labels are seen: as if so many had been right and wrong."""

    right: float = 1.0
    wrong: float = 1.0


def fit_prior(blocks: Sequence[Block]) -> Prior:
    """Return what the blocks have in common, by moments: where they differ as labels scatter anyway, they are one.

    A single block's few labels say little of its accuracy; taken alone, that ignorance would look like change (J.C.
    Kleinman, "Proportions with extraneous variance", JASA 68, 1973).
    """
    if len(blocks) < 2:
        return Prior()
    labels, right = (np.array([getattr(block, name) for block in blocks], float) for name in ("labels", "right"))
    accuracy = float(right.sum() / labels.sum())
    binomial = accuracy * (1 - accuracy)
    real = float(np.var(right / labels, ddof=1) - np.mean(binomial / labels))
    weight = min(binomial / real - 1, STRONGEST) if real > 0 else STRONGEST
    return Prior(1 + accuracy * weight, 1 + (1 - accuracy) * weight)


def breach_probability(block: Block, prior: Prior, labels: int, thresholds: Array) -> Array:
    """Return the chance that a reading of so many labels lies below each threshold.

    The block's accuracy is Beta(prior's right + right, prior's wrong + wrong), so the right answers in a reading are
    beta-binomial (A. Gelman et al., "Bayesian Data Analysis", 3rd ed., section 2.4).
    """
    most = np.ceil(np.round(thresholds * labels, 9)) - 1  # the threshold itself is still good
    found: Array = betabinom.cdf(most, labels, prior.right + block.right, prior.wrong + block.labels - block.right)
    return np.clip(np.nan_to_num(found), 0, 1)


def readings_until(probabilities: Array, rule: Rule) -> Array:
    """Return the mean number of readings until M of the last N are in breach, from an empty window, for each chance.

    The last N-1 outcomes are the states of a Markov chain; the mean time to absorption solves (I - Q) t = 1 (J.G.
    Kemeny and J.L. Snell, "Finite Markov Chains", 1960, section 3.2).
    """
    kept, states = rule.out_of - 1, 1 << (rule.out_of - 1)
    found = np.full(len(probabilities), np.inf)
    possible = np.flatnonzero(math.comb(rule.out_of, rule.count) * probabilities**rule.count > NEVER)
    for index in possible:
        stays = np.zeros((states, states))
        for state in range(states):
            for outcome, chance in ((0, 1 - probabilities[index]), (1, probabilities[index])):
                if state.bit_count() + outcome < rule.count:
                    stays[state, ((state << 1) | outcome) & (states - 1) if kept else 0] += chance
        found[index] = np.linalg.solve(np.eye(states) - stays, np.ones(states))[0]
    return found
