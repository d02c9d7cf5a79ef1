"""How sure a gate has to be that asks a holdout which earlier gates asked before. Pure."""

import math


def confidence_for(confidence: float, use: int) -> float:
    """Return the confidence of the use with this number, from 1, so that all uses together err with the given risk.

    The risks of 1, 1/4, 1/9, … add up to π²/6 (L. Euler, 1735). An answer is one of a few, as the Ladder's are (A. Blum
    and M. Hardt, "The Ladder: A Reliable Leaderboard for Machine Learning Competitions", ICML 2015): by it alone can a
    candidate come to fit the holdout.
    """
    return 1 - (1 - confidence) * 6 / (math.pi * use) ** 2
