"""Readings of before from a CSV file, on the monitor's grid. Pure.

Columns: `time` (RFC 3339, or seconds since 1970), and `value`, or `good` and `total`. Rows that are closer together
than the readings of the monitor are put together: counts are added up, of values the last one counts. A time without a
row, or with a row without a number, is a reading without data.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from refit_cli.exits import Exit, Failed
from refit_cli.metric import interval_of
from refit_operator.api.durations import format_duration
from refit_operator.api.metric import MetricSpec
from refit_operator.prometheus.rules.counting import read_ratio
from refit_operator.prometheus.rules.reading import NoData, Reading, Value, read_number
from refit_operator.prometheus.rules.window import Window

Numbers = tuple[float | None, ...]


@dataclass(frozen=True)
class Row:
    """One line of the file."""

    time: datetime
    numbers: Numbers


def read_rows(text: str, metric: MetricSpec) -> list[Row]:
    """Return the rows, oldest first. Raises Failed."""
    reader = csv.DictReader(text.splitlines())
    columns = ("good", "total") if metric.is_counted else ("value",)
    missing = [name for name in ("time", *columns) if name not in (reader.fieldnames or ())]
    if missing:
        why = ": the monitor counts outcomes" if metric.is_counted else ""
        raise Failed(Exit.USAGE, f"the CSV has no column {' and '.join(missing)}{why}")
    rows = [_row(line, columns, number) for number, line in enumerate(reader, start=2)]
    if len(rows) < 2:
        raise Failed(Exit.USAGE, "the CSV has fewer than two rows")
    return sorted(rows, key=lambda row: row.time)


def _row(line: dict[str, str], columns: tuple[str, ...], number: int) -> Row:
    try:
        return Row(_time(line["time"]), tuple(float(line[name]) if line[name] else None for name in columns))
    except (ValueError, TypeError, OverflowError) as wrong:
        raise Failed(Exit.USAGE, f"line {number} of the CSV: {wrong}") from None


def _time(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def on_grid(rows: list[Row], metric: MetricSpec) -> Window:
    """Return one reading for each time of the monitor's grid. Raises Failed where the rows don't fit it."""
    interval = interval_of(metric)
    spacing = _spacing(rows)
    each = round(interval / spacing) if spacing else 0
    if each < 1 or abs(each * spacing - interval) > interval / 100:
        between = f"rows are {format_duration(spacing)} apart, and the monitor reads every {format_duration(interval)}"
        raise Failed(Exit.USAGE, f"{between}: give rows as far apart, or a whole part of that")
    first = rows[0].time + (each - 1) * spacing
    groups = defaultdict[int, list[Numbers]](list)
    for row in rows:
        groups[-((first + spacing / 2 - row.time) // interval)].append(row.numbers)
    times = [first + number * interval for number in range((rows[-1].time - first + spacing / 2) // interval + 1)]
    found = [groups.get(number, []) for number in range(len(times))]
    if metric.is_counted:
        return _counted(times, found, metric)
    return tuple(_value(time, group, metric) for time, group in zip(times, found, strict=True))


def _spacing(rows: list[Row]) -> timedelta:
    apart = [(after.time - before.time).total_seconds() for before, after in pairwise(rows)]
    return timedelta(seconds=median(apart))


def _value(time: datetime, group: list[Numbers], metric: MetricSpec) -> Reading:
    value = group[-1][0] if group else None
    return NoData(time) if value is None else read_number(value, time, (metric.bounds.min, metric.bounds.max))


def _counted(times: list[datetime], groups: list[list[Numbers]], metric: MetricSpec) -> Window:
    good, total = (
        [_sum(time, [numbers[place] for numbers in group]) for time, group in zip(times, groups, strict=True)]
        for place in (0, 1)
    )
    return read_ratio(good, total, metric.below, (metric.bounds.min, metric.bounds.max))


def _sum(time: datetime, counts: list[float | None]) -> Reading:
    known = [count for count in counts if count is not None]
    return Value(sum(known), time) if known else NoData(time)
