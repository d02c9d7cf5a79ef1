"""Whether anything could follow from a monitor's next reading, or whether it is at rest. Pure.

A reconciliation reads a monitor, its runs and its target afresh, and decides. For a monitor at rest a reading on the
good side of its threshold leads to nothing: no run, no write, no Event. So that reconciliation may be skipped, and only
skipped: whatever isn't such a reading leads to one, and nothing is ever done by what is remembered here.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple

from refit_operator.api.conditions import ConditionType, is_true
from refit_operator.api.monitor import ModelMonitorStatus
from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules.decide import PERMISSIONS, first_hold
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.status import has_moved, shown_value, words, write_interval
from refit_operator.prometheus.rules.evidence import ceiling
from refit_operator.prometheus.rules.reading import Reading, Value
from refit_operator.prometheus.rules.window import is_breach
from refit_operator.target.rules.request import open_request, open_rollback

RECONCILED_EVERY = timedelta(hours=1)
"""A monitor at rest is reconciled this often all the same: samples may have come late into windows of before."""
AGES = timedelta(days=36_525)


class Rest(NamedTuple):
    """A monitor at rest, as far as its next readings go."""

    threshold: float
    below: bool
    ceiling: float
    """The most that the evidence can be; 0 where outcomes aren't counted."""
    needed: float
    """The evidence that is a breach; inf where outcomes aren't counted."""
    value: str | None
    """As the status has it."""
    value_due: datetime
    """When another value is worth a write, if it differs by so much."""
    read: datetime
    """The newest reading's time."""
    interval: timedelta
    until: datetime
    """When it is reconciled all the same."""


def next_rest(rest: Rest, reading: Reading) -> Rest | None:
    """Return the monitor at rest after this reading; None where it must be reconciled."""
    if not isinstance(reading, Value) or is_breach(reading.value, rest.threshold, rest.below):
        return None
    if reading.time - rest.read > rest.interval:
        return None  # one between wasn't read
    highest = _next_ceiling(rest)
    if reading.time >= rest.until or highest >= rest.needed or _is_worth_writing(rest, reading):
        return None
    return rest._replace(ceiling=highest, read=reading.time)


def may_be_breach(rest: Rest, reading: Reading) -> bool:
    """Return whether the reading is in breach, or there may be enough evidence with it."""
    if not isinstance(reading, Value):
        return False
    return is_breach(reading.value, rest.threshold, rest.below) or _next_ceiling(rest) >= rest.needed


def _next_ceiling(rest: Rest) -> float:
    return rest.ceiling + 1 if rest.needed < inf else 0.0


def _is_worth_writing(rest: Rest, reading: Value) -> bool:
    return reading.time >= rest.value_due and has_moved(rest.value, shown_value(reading))


def rest_of(o: Observed, found: ModelMonitorStatus, written: ModelMonitorStatus) -> Rest | None:
    """Return the monitor at rest; None where anything is under way or awaited.

    `found` is the status that describes what was observed, `written` the one that the API server has now.
    """
    if not has_settled(found, written) or not all(condition(o) for condition in CONDITIONS):
        return None
    if written.metric is None or written.metric.time is None or o.newest is None:
        return None
    metric = o.monitor.spec.metric
    return Rest(
        threshold=metric.threshold,
        below=metric.below,
        ceiling=_ceiling(o),
        needed=o.evidence_needed if o.evidence else inf,
        value=written.metric.value,
        value_due=written.metric.time + write_interval(o.interval),
        read=o.newest.time,
        interval=o.interval,
        until=o.now + RECONCILED_EVERY,
    )


def _ceiling(o: Observed) -> float:
    if o.evidence is None:
        return 0.0
    metric = o.monitor.spec.metric
    windows = (reading.counts for reading in o.weighed if isinstance(reading, Value))
    return ceiling(windows, metric.threshold, metric.below)


def has_good_value(o: Observed) -> bool:
    """Return whether the newest reading that counts is on the good side."""
    metric, counted = o.monitor.spec.metric, o.weighed if o.evidence else o.readings
    newest = o.newest
    return bool(counted) and isinstance(newest, Value) and not metric.is_breached_by(newest.value)


def has_settled(found: ModelMonitorStatus, written: ModelMonitorStatus) -> bool:
    """Return whether the status in the API server says all that was found, numbers aside, and no breach."""
    is_within = is_true(written.conditions, ConditionType.WITHIN_THRESHOLD)
    return is_within and words(written) == words(found) and written.measure == found.measure


def nothing_is_breached(o: Observed) -> bool:
    """Return whether no breach waits."""
    return not o.is_breached


def nothing_holds_for_a_time(o: Observed) -> bool:
    """Return whether nothing holds a run, or what stays: a run, cooldown, budget, mass breach end by themselves."""
    hold = first_hold(o, PERMISSIONS)
    return hold is None or hold.reason in (Reason.SUSPENDED, Reason.MODE_OBSERVE)


def newest_run_helped(o: Observed) -> bool:
    """Return whether the metric recovered after the newest run, where there is one: until then that is awaited."""
    return not o.runs or o.runs[-1].status.recovered_time is not None


def nothing_is_requested(o: Observed) -> bool:
    """Return whether no request waits, even for its own time."""
    meta, later = o.monitor.metadata, o.now + AGES
    return open_request(meta, o.runs, later) is None and open_rollback(meta, o.runs, later) is None


def nothing_else_is_read(o: Observed) -> bool:
    """Return whether the metric alone is read."""
    spec = o.monitor.spec
    return not (spec.drift or spec.metric.max_age or spec.metric.min_samples)


CONDITIONS: tuple[Callable[[Observed], bool], ...] = (
    nothing_else_is_read,
    has_good_value,
    newest_run_helped,
    nothing_is_breached,
    nothing_holds_for_a_time,
    nothing_is_requested,
)
"""What a monitor at rest is."""
