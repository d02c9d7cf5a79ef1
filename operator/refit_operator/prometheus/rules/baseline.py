"""What a row of readings says together of the model that they are of. Pure."""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from statistics import median

from refit_operator.api.baseline import Baseline, Differences
from refit_operator.prometheus.rules.dispersion import NO_SCATTER, Scatter, across, neighbours
from refit_operator.prometheus.rules.reading import Counts, Reading, Value


def with_differences(baseline: Baseline | None, led: Baseline | None, *rows: Sequence[Reading]) -> Baseline | None:
    """Return the baseline with how much windows differ within each row, and what is known of it from before them.

    A row is of one accuracy as far as is known: a change from one to the next is no difference of neighbours.
    """
    if baseline is None or baseline.total is None:
        return baseline
    windows = [_counted(row) for row in rows]
    scatter = reduce(add, map(neighbours, windows), scatter_of(led))
    repeats = max([(led and led.repeats) or 0.0, *map(across, windows)])
    found = Differences(number=scatter.number, mean=scatter.mean, square=scatter.square) if scatter.number else None
    return baseline.model_copy(update={"differences": found, "repeats": repeats if repeats > 1 else None})


def scatter_of(baseline: Baseline | None) -> Scatter:
    """Return how much its windows differ."""
    found = baseline.differences if baseline else None
    return Scatter(found.number, found.mean, found.square) if found else NO_SCATTER


def _counted(readings: Sequence[Reading]) -> list[Counts]:
    return [each.counts for each in readings if isinstance(each, Value) and each.counts and each.counts.total]


def pooled(readings: Sequence[Reading], query_range: timedelta) -> Baseline | None:
    """Return the outcomes of readings, oldest first, added up, or the median of those that count none.

    None where none is a value.
    """
    values = [reading for reading in readings if isinstance(reading, Value)]
    if not values:
        return None
    counts = [value.counts for value in values if value.counts]
    good, total = sum(each.good for each in counts), sum(each.total for each in counts)
    return Baseline(
        value=good / total if total else median(value.value for value in values),
        readings=len(values),
        good=good if total else None,
        total=total or None,
        since=values[0].time - query_range,
        until=values[-1].time,
    )


def newest_together(readings: Sequence[Reading], needed: int) -> Iterator[tuple[datetime, float]]:
    """Yield, at each value, what the newest windows say together: no more of them than have `needed` outcomes.

    Windows that have fewer together yield nothing; a reading that counts none is yielded as it is.
    """
    kept, total, needed = deque[Counts](), 0, max(needed, 1)
    for reading in readings:
        if not isinstance(reading, Value):
            continue
        if reading.counts is None:
            yield reading.time, reading.value
            continue
        kept.append(reading.counts)
        total += reading.counts.total
        while total - kept[0].total >= needed:
            total -= kept.popleft().total
        if total >= needed:
            yield reading.time, sum(each.good for each in kept) / total
