"""When to read, and what the last readings say together. Pure.

The window holds no state: each poll asks for all of its grid points again, so after a restart it's rebuilt by
construction. For that a grid point must depend on nothing but the interval and the offset, never on when the
operator started. Windows are tuples of readings, oldest first.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from refit_operator.prometheus.rules.reading import Reading, Value

Window = tuple[Reading, ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# A sample bears the time its scrape began but is stored when the scrape ends (its default timeout is 10 s). A point
# read sooner than that may have another value when it's read again: give grid_times a `now` this much in the past.
INGESTION_DELAY = timedelta(seconds=15)


MOST_OFFSETS = 10
"""Moments of an interval at which grids begin: what is due at the same one can be asked for together."""


def grid_offset(server: str, shape: str, interval: timedelta) -> timedelta:
    """Spread the shapes of queries over the interval: whole seconds in [0, interval), the same in every process.

    Queries of one shape have one offset, and share a grid where they share the interval.
    """
    seconds = max(1, interval // timedelta(seconds=1))
    apart = -(-seconds // MOST_OFFSETS)
    digest = sha256(f"{server}\0{shape}".encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8], "big") % -(-seconds // apart) * apart)


def _newest_grid_time(now: datetime, interval: timedelta, offset: timedelta) -> datetime:
    steps = (now - EPOCH - offset) // interval
    return EPOCH + offset + steps * interval


def grid_times(now: datetime, interval: timedelta, offset: timedelta, count: int) -> tuple[datetime, ...]:
    """Give the newest `count` grid points that aren't after `now`, oldest first."""
    newest = _newest_grid_time(now, interval, offset)
    return tuple(newest - back * interval for back in reversed(range(count)))


def next_grid_time(now: datetime, interval: timedelta, offset: timedelta) -> datetime:
    """Give the first grid point after `now`."""
    return _newest_grid_time(now, interval, offset) + interval


def is_breach(value: float, threshold: float, below: bool) -> bool:
    """Say whether the value is on the wrong side; the threshold itself is still good."""
    return value < threshold if below else value > threshold


def eligible(readings: Sequence[Reading], since: datetime, query_range: timedelta) -> Window:
    """Keep those of ordered readings whose whole range lies after `since`: none saw the model that was there before."""
    return tuple(readings[bisect_left(readings, since + query_range, key=lambda reading: reading.time) :])


def count_breaches(readings: Sequence[Reading], threshold: float, below: bool, out_of: int) -> int:
    """Count the values in breach among the last `out_of` readings; whatever isn't a value can't breach."""
    last = readings[-out_of:] if out_of > 0 else ()
    return sum(isinstance(reading, Value) and is_breach(reading.value, threshold, below) for reading in last)


def newest(readings: Sequence[Reading]) -> Reading | None:
    """Give the newest reading, if there is any."""
    return readings[-1] if readings else None
