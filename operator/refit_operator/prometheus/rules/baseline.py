"""What a row of readings says together of the model that they are of. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from statistics import median

from refit_operator.api.run import Baseline
from refit_operator.prometheus.rules.reading import Reading, Value


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
