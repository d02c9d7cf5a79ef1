"""A history whose labels have what quoting and regular expressions are about, for many queries asked together."""

from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
SCRAPE = timedelta(seconds=15)
SCRAPES = 240
DIES_AFTER = 120
END = BEGIN + SCRAPES * SCRAPE

APPS = (
    "a0",
    "a1",
    "a2",
    "a0|a1",
    "a.",
    "ax",
    "a.*",
    "",
    'quo"te',
    "back\\slash",
    "\\n",
    "line\nend",
    "é☃",
    "(",
    "[a]",
    "$^",
)
"""Some are regular expressions that match others."""
KINDS = ("x", "y")


def quoted(value: str) -> str:
    """Return a label's value between quotes."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _series() -> dict[str, int]:
    """Return the series, each with a number of its own."""
    names = [
        f"{name}{{app={quoted(app)},kind={quoted(kind)},by={quoted(kind * 2)},pod={quoted(pod)}}}"
        for name in ("right_total", "judged_total")
        for app in APPS
        for kind in KINDS
        for pod in ("p", "q", "r")
    ]
    names += [f'{name}{{refit_batch="{n}",refit_part="good"}}' for name in ("tagged", "tagged_too") for n in range(2)]
    names += ["alone", "dying", "nan_now", "infinite"]
    return {name: number for number, name in enumerate(names)}


def _value(name: str, number: int, scrape: int) -> str:
    if name == "nan_now":
        return "NaN"
    if name == "infinite":
        return "+Inf"
    if "_total" not in name:
        return str(number / 7)
    grown = scrape * (number % 5 + 3) + (scrape * scrape * number) % 4
    return str(grown % 300 if number % 3 == 0 else grown / 3)  # some begin at zero again, some are no whole numbers


def labels_history() -> str:
    """Return it as OpenMetrics."""
    start, seconds = int(BEGIN.timestamp()), int(SCRAPE.total_seconds())
    lines = [
        f"{name} {_value(name, number, scrape)} {start + scrape * seconds}"
        for name, number in _series().items()
        for scrape in range(DIES_AFTER if name == "dying" or number % 11 == 10 else SCRAPES)
    ]
    return "\n".join([*lines, "# EOF\n"])
