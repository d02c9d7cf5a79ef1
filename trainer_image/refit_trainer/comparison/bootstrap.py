"""The difference of two models in any metric: a paired bootstrap by input, as bounds. Pure.

Inputs are drawn with replacement, each with all its rows and both models' answers to them (B. Efron and R.J.
Tibshirani, "An Introduction to the Bootstrap", 1993; by cluster: A.C. Cameron, J.B. Gelbach and D.L. Miller, Review of
Economics and Statistics 90, 2008). What is kept is the standard deviation: a quantile as far out as a holdout asks for
that was used ten times would take hundreds of thousands of draws.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

NORMAL = NormalDist()
SEED = 20_261_129


@dataclass(frozen=True, slots=True)
class Estimate:
    """A difference, its standard deviation, and how many inputs it rests on."""

    value: float
    deviation: float
    inputs: int
    unit: float = 1.0
    """How much one input may count for in the metric: 1 where it is a share."""

    def reach(self, alpha: float) -> float:
        """Return how far the truth may lie on one side.

        The second part is what inputs that happen to agree can't rule out: Wilson's z²/n, near the rule of three.
        """
        z = NORMAL.inv_cdf(1 - alpha)
        return math.hypot(z * self.deviation, z * z * self.unit / self.inputs)

    def drop_p_value(self, limit: float, is_higher_better: bool) -> float:
        """Return the p-value of the claim that the metric worsens by no more than `limit`."""
        beyond = (-self.value if is_higher_better else self.value) - limit
        if beyond <= 0:
            return 1.0
        variance = self.deviation**2
        rests = self.inputs / self.unit
        square = rests**2 * (math.sqrt(variance**2 + 4 * (beyond / rests) ** 2) - variance) / 2
        return 1 - NORMAL.cdf(math.sqrt(square))


def estimate(
    inputs: Sequence[int], difference: Callable[[Sequence[int]], float], draws: int, unit: float = 1.0
) -> Estimate:
    """Return the difference over all rows and its deviation over draws of inputs.

    `inputs` has each row's input by number, `difference` takes places of rows; `unit` is how much one input may count
    for in what it returns.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for place, number in enumerate(inputs):
        members[number].append(place)
    groups, random = list(members.values()), np.random.default_rng(SEED)
    drawn = []
    for _ in range(draws):
        chosen = random.integers(0, len(groups), len(groups))
        drawn.append(difference([place for group in chosen for place in groups[group]]))
    return Estimate(difference(range(len(inputs))), float(np.std(drawn, ddof=1)), len(groups), unit)
