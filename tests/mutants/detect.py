"""Bugs of how many outcomes come together, and of what that does to evidence."""

from tests.mutants.mutant import Mutant

DISPERSION = ("tests/unit/prometheus/test_dispersion.py",)
EVIDENCE = ("tests/unit/prometheus/test_evidence.py",)
BY_EVIDENCE = ("tests/unit/monitor/test_evidence.py",)
FILE = "prometheus/rules/dispersion.py"

DETECT = (
    Mutant(
        "outcomes that come together count each by itself",
        "prometheus/rules/evidence.py",
        "max(repeats, dispersion(seen, steady=first))",
        "repeats",
        DISPERSION,
    ),
    Mutant(
        "what is known to come together is forgotten",
        "prometheus/rules/evidence.py",
        "max(repeats, dispersion(seen, steady=first))",
        "dispersion(seen, steady=first)",
        EVIDENCE,
    ),
    Mutant(
        "a monitor's repeats are forgotten",
        "monitor/rules/decision.py",
        "metric.below, metric.known_repeats)",
        "metric.below)",
        BY_EVIDENCE,
    ),
    Mutant(
        "a drop counts among the groups that span windows",
        "prometheus/rules/evidence.py",
        "dispersion(seen, steady=first)",
        "dispersion(seen, steady=len(seen))",
        DISPERSION,
    ),
    Mutant(
        "one burst is a breach",
        "prometheus/rules/evidence.py",
        "MOST_OF_A_WINDOW = log(100)",
        "MOST_OF_A_WINDOW = log(1e9)",
        EVIDENCE,
    ),
    Mutant(
        "groups that span windows aren't seen",
        FILE,
        "neighbours(windows).upper(MARGIN), across(windows[:steady])",
        "neighbours(windows).upper(MARGIN)",
        DISPERSION,
    ),
    Mutant(
        "differences are taken for twice what they are",
        FILE,
        "yield difference**2 / (1 / n + 1 / m)",
        "yield difference**2 / (1 / n)",
        DISPERSION,
    ),
    Mutant(
        "a window's ratio is held against even odds",
        FILE,
        "return good / total * (1 - good / total) if total else 0.0",
        "return 0.25",
        DISPERSION,
    ),
    Mutant(
        "few windows have no margin",
        FILE,
        "return mean + margin * max(found, mean * self.expected_error)",
        "return mean",
        DISPERSION,
    ),
    Mutant(
        "outcomes in groups aren't told from independent ones in a message",
        FILE,
        "if repeats >= NOTABLE else",
        "if not repeats else",
        BY_EVIDENCE,
    ),
)
