"""Known bugs of how a recovery, and the beginning of a breach, are told from counted outcomes."""

from tests.mutants.mutant import Mutant

RECOVERY_TESTS = ("tests/unit/monitor/test_recovery.py",)

RECOVERY = (
    Mutant(
        "one lucky window is a recovery",
        "monitor/rules/history.py",
        "newest_together(readings, (led and led.total) or 0)",
        "newest_together(readings, 0)",
        RECOVERY_TESTS,
    ),
    Mutant(
        "all windows since the run must have recovered together",
        "prometheus/rules/baseline.py",
        "total -= kept.popleft().total",
        "break",
        RECOVERY_TESTS,
    ),
    Mutant(
        "windows of too few outcomes are yielded",
        "prometheus/rules/baseline.py",
        "        if total >= needed:",
        "        if total:",
        RECOVERY_TESTS,
    ),
    Mutant(
        "a breach by evidence ends with one good window",
        "monitor/rules/history.py",
        "o.evidence.begun is not None and o.is_breached:",
        "o.evidence.begun is not None and o.is_breached and not o.evidence:",
        RECOVERY_TESTS,
    ),
)
