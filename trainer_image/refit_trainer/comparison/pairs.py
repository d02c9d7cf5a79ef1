"""Two models that are right or wrong on the same rows: the exact test of McNemar as bounds of the difference. Pure.

Rows on which both are right, or both wrong, say nothing about which is better. Of the others the candidate alone is
right on so many as if a coin were tossed for each, which is fair where the models are equally good (Q. McNemar, "Note
on the sampling error of the difference between correlated proportions or percentages", Psychometrika 12, 1947).
"""

from dataclasses import dataclass

from refit_trainer.comparison.binomial import bisect, lower_share, upper_share

SHARE_OF_RISK = 0.1
"""Part of the risk that the bound of the share of rows on which the models differ may use up."""
SMALLEST_P = 1e-9
P_HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Pairs:
    """How often one of two models alone was right."""

    gained: int
    """Rows that the candidate alone has right."""
    lost: int
    """Rows that the served model alone has right."""
    rows: int

    @property
    def differing(self) -> int:
        """Rows that one of them alone has right."""
        return self.gained + self.lost

    @property
    def mirrored(self) -> "Pairs":
        """The same with the models' places changed."""
        return Pairs(self.lost, self.gained, self.rows)


def lower_bound(pairs: Pairs, alpha: float) -> float:
    """Return what the candidate's accuracy exceeds the served one's by, at least; at most `alpha` are above the truth.

    The difference is the share of rows that differ, times twice the chance of the coin less one. Both have exact bounds
    (Clopper, Pearson 1934), of which the second rests on the number of rows that differ, whatever it is; the risk is
    shared between them (R.L. Berger and D.D. Boos, "P values maximized over a confidence set for the nuisance
    parameter", JASA 89, 1994). Above zero, the bound is McNemar's exact test at nine tenths of the risk.
    """
    share_risk = SHARE_OF_RISK * alpha
    lean = 2 * lower_share(pairs.gained, pairs.differing, alpha - share_risk) - 1
    share = lower_share if lean > 0 else upper_share
    return lean * share(pairs.differing, pairs.rows, share_risk)


def upper_bound(pairs: Pairs, alpha: float) -> float:
    """Return what the candidate's accuracy exceeds the served one's by, at most."""
    return -lower_bound(pairs.mirrored, alpha)


def drop_p_value(pairs: Pairs, limit: float) -> float:
    """Return the p-value of the claim that the accuracy drops by no more than `limit`: the smallest risk at which the
    upper bound contradicts it.
    """
    mirrored = pairs.mirrored
    if lower_bound(mirrored, 1.0) <= limit:
        return 1.0
    return max(SMALLEST_P, bisect(lambda alpha: lower_bound(mirrored, alpha) > limit, 0.0, 1.0, P_HALVINGS))
