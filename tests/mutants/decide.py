"""Bugs of what a reading of counts says of itself."""

from tests.mutants.mutant import Mutant

INTERVAL = ("tests/unit/prometheus/test_interval.py",)

DECIDE = (
    Mutant(
        "an interval's bounds have the whole risk each",
        "prometheus/rules/interval.py",
        "lower_share(good, total, RISK / 2)",
        "lower_share(good, total, RISK)",
        INTERVAL,
    ),
    Mutant(
        "a reading of counts doesn't say how sure it is",
        "prometheus/rules/reading.py",
        "the value is {value:.6g}{_of_outcomes(counts)}",
        "the value is {value:.6g}",
        INTERVAL,
    ),
)
