"""Whether a value may be believed: is it fresh, and do enough samples stand behind it? Pure.

Both questions are asked at every point of the window, by the same kind of range query as the value itself. Asked of
the newest point only, a restart would see values where the operator saw stale ones before. If a question fails,
so does the reading.
"""

from collections.abc import Iterable
from datetime import timedelta

from refit_operator.prometheus.rules.reading import QueryFailed, Reading, Stale, TooFewSamples, Value
from refit_operator.prometheus.rules.window import Window


def demand_fresh(readings: Iterable[Reading], ages: Iterable[Reading], max_age: timedelta) -> Window:
    """Turn values older than `max_age` into `Stale`; `ages` are in seconds, and a missing age is stale too."""
    return tuple(_fresh(reading, age, max_age) for reading, age in zip(readings, ages, strict=True))


def demand_samples(readings: Iterable[Reading], samples: Iterable[Reading], minimum: float) -> Window:
    """Turn values with fewer than `minimum` samples into `TooFewSamples`; a missing count is none."""
    return tuple(_backed(reading, count, minimum) for reading, count in zip(readings, samples, strict=True))


def _fresh(reading: Reading, age: Reading, max_age: timedelta) -> Reading:
    if not isinstance(reading, Value):
        return reading
    if isinstance(age, QueryFailed):
        return age
    known = timedelta(seconds=age.value) if isinstance(age, Value) else None
    return Stale(known, reading.time) if known is None or known > max_age else reading


def _backed(reading: Reading, count: Reading, minimum: float) -> Reading:
    if not isinstance(reading, Value):
        return reading
    if isinstance(count, QueryFailed):
        return count
    known = count.value if isinstance(count, Value) else 0.0
    return TooFewSamples(known, reading.time) if known < minimum else reading
