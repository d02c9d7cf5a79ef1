"""Rules of alerts with shorter times: what takes hours fires within seconds, and nothing else of them is changed."""

import re

SCRAPED_EVERY_S = 1
"""By the Prometheus processes of tests, which evaluate rules as often."""
HOLDS_S = 2
"""`for` of a shortened rule."""
FOR = re.compile(r"(?<=^    for: )\S+$", re.MULTILINE)
RANGE = re.compile(r"(?<=\[)(\d+)([mh])(?=\])")
MINUTES = {"m": 1, "h": 60}


def shortened(rules: str) -> str:
    """Return a file of rules with each `for` shortened, and each minute of a query's range made a second."""
    return RANGE.sub(_seconds, FOR.sub(f"{HOLDS_S}s", rules))


def _seconds(found: re.Match[str]) -> str:
    return f"{int(found[1]) * MINUTES[found[2]]}s"
