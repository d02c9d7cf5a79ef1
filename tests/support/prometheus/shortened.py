"""Rules of alerts with shorter times: what takes hours fires within seconds, and nothing else of them is changed."""

import re

SCRAPED_EVERY_S = 1
"""By the Prometheus processes of tests, which evaluate rules as often."""
HOLDS_S = 2
"""`for` of a shortened rule."""
FOR = re.compile(r"(?<=^    for: )\S+$", re.MULTILINE)
RANGE = re.compile(r"(?<=\[)(\d+)([mh])(?=\])")
MINUTES = {"m": 1, "h": 60}
BESIDE = re.compile(r"(?<=3 \* refit_monitor_interval_seconds \+ )300\b")
"""The five minutes beside three intervals, after which a reading is overdue."""


def shortened(rules: str) -> str:
    """Return a file of rules with each `for` shortened, and each minute of a query's range made a second.

    So are the five minutes that a reading may be late. Intervals are a monitor's own, and no rule's.
    """
    return BESIDE.sub("5", RANGE.sub(_seconds, FOR.sub(f"{HOLDS_S}s", rules)))


def _seconds(found: re.Match[str]) -> str:
    return f"{int(found[1]) * MINUTES[found[2]]}s"
