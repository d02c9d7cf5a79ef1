"""Whether anything could follow from a monitor's next reading, or whether it is at rest. Pure.

A reconciliation reads a monitor, its runs and its target afresh, and decides. For a monitor at rest a reading on the
good side of its threshold leads to nothing: no run, no write, no Event. Nor does one more that is no value, once the
status says why there is none. So that reconciliation may be skipped, and only skipped: whatever isn't such a reading
leads to one, and nothing is ever done by what is remembered here.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf
from typing import NamedTuple

from refit_operator.api.conditions import ConditionType, is_true
from refit_operator.api.monitor import ModelMonitorStatus
from refit_operator.api.reasons import Reason
from refit_operator.api.serving import Update
from refit_operator.monitor.rules.decide import PERMISSIONS, first_hold
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.history import budget_frees
from refit_operator.monitor.rules.status import has_moved, shown_value, words, write_interval
from refit_operator.prometheus.rules.batch import DIVISIBLE
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Reading, Value, describe, reason_of
from refit_operator.prometheus.rules.window import is_breach
from refit_operator.target.rules.request import open_request, open_rollback

RECONCILED_EVERY = timedelta(hours=1)
"""A monitor at rest is reconciled this often all the same: samples may have come late into windows of before."""
FAILING_RECONCILED_EVERY = timedelta(minutes=10)
"""So is one whose query fails: how others' queries fail, by which it is judged meanwhile, doesn't say all of it."""
AGES = timedelta(days=36_525)
OF_THE_QUERY = frozenset([*DIVISIBLE, FailureKind.NoValue])
"""Failures that say nothing of other monitors' queries."""
STAYS = frozenset(
    [
        Reason.SUSPENDED,
        Reason.MODE_OBSERVE,
        Reason.METRIC_UNAVAILABLE,
        Reason.SOURCE_FORBIDDEN,
        Reason.SECRET_MISSING,
    ]
)
"""What holds a run until somebody changes it, or another reading comes."""


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
    reading: str = Value.__name__
    """What its readings are, as the status names it."""
    message: str = ""
    """What the status says of one that is no value."""
    failed: FailureKind | None = None
    """How its query failed; None where it was answered."""


def next_rest(rest: Rest, reading: Reading, timed_out: bool = False) -> Rest | None:
    """Return the monitor at rest after this reading; None where it must be reconciled.

    `timed_out` is whether the query was in vain and took its time.
    """
    if reading.time >= rest.until or _is_news(rest, reading, timed_out):
        return None
    if rest.failed is None and reading.time - rest.read > rest.interval:
        return None  # one between wasn't read
    highest = _next_ceiling(rest)
    return None if highest >= rest.needed else rest._replace(ceiling=highest, read=reading.time)


def _is_news(rest: Rest, reading: Reading, timed_out: bool) -> bool:
    """Return whether the reading is another one than before, as far as that matters."""
    if rest.failed is FailureKind.CircuitOpen and timed_out:
        return False  # the breaker stays open: a query of its own wouldn't be sent
    if reason_of(reading) != rest.reading or (isinstance(reading, QueryFailed) and reading.kind is not rest.failed):
        return True
    if isinstance(reading, Value) and is_breach(reading.value, rest.threshold, rest.below):
        return True
    return reading.time >= rest.value_due and _differs(rest, reading)


def _differs(rest: Rest, reading: Reading) -> bool:
    if isinstance(reading, Value):
        return has_moved(rest.value, shown_value(reading))
    return describe(reading) != rest.message


def may_be_breach(rest: Rest, reading: Reading) -> bool:
    """Return whether the reading is in breach, or there may be enough evidence with it."""
    if not isinstance(reading, Value):
        return False
    return is_breach(reading.value, rest.threshold, rest.below) or _next_ceiling(rest) >= rest.needed


def _next_ceiling(rest: Rest) -> float:
    return rest.ceiling + 1 if rest.needed < inf else 0.0


def rest_of(o: Observed, found: ModelMonitorStatus, written: ModelMonitorStatus) -> Rest | None:
    """Return the monitor at rest; None where anything is under way or awaited.

    `found` is the status that describes what was observed, `written` the one that the API server has now.
    """
    if not has_settled(found, written) or not all(condition(o) for condition in CONDITIONS):
        return None
    if written.metric is None or written.metric.time is None or o.newest is None:
        return None
    metric, failed = o.monitor.spec.metric, _failure(o)
    return Rest(
        threshold=metric.threshold,
        below=metric.below,
        ceiling=o.evidence.ceiling if o.evidence else 0.0,
        needed=o.evidence_needed if o.evidence and not failed else inf,
        value=written.metric.value,
        value_due=written.metric.time + write_interval(o.interval),
        read=o.newest.time,
        interval=o.interval,
        until=_until(o),
        reading=reason_of(o.newest),
        message=describe(o.newest),
        failed=failed,
    )


def _failure(o: Observed) -> FailureKind | None:
    return o.window.kind if isinstance(o.window, QueryFailed) else None


def _until(o: Observed) -> datetime:
    """Return when something could follow from nothing but the time."""
    until, frees = o.now + (FAILING_RECONCILED_EVERY if _failure(o) else RECONCILED_EVERY), budget_frees(o)
    return min(until, frees) if frees else until


def has_value(o: Observed) -> bool:
    """Return whether the newest reading is a value."""
    return isinstance(o.newest, Value)


def newest_says_nothing(o: Observed) -> bool:
    """Return whether the newest reading is on the good side and counts, or none, and that not by its query's fault."""
    if isinstance(o.newest, Value):
        counted = o.weighed if o.evidence else o.readings
        return bool(counted) and not o.monitor.spec.metric.is_breached_by(o.newest.value)
    return not isinstance(o.newest, QueryFailed) or _failure(o) not in (None, *OF_THE_QUERY)


def has_settled(found: ModelMonitorStatus, written: ModelMonitorStatus) -> bool:
    """Return whether the status in the API server says all that was found, numbers aside, and a value is no breach."""
    has_value = found.metric is not None and found.metric.value is not None
    is_within = is_true(written.conditions, ConditionType.WITHIN_THRESHOLD) or not has_value
    return is_within and words(written) == words(found) and written.measure == found.measure


def nothing_is_breached(o: Observed) -> bool:
    """Return whether no breach waits."""
    return not o.is_breached


def nothing_holds_for_a_time(o: Observed) -> bool:
    """Return whether nothing holds a run, or what stays: a run, cooldown, budget, mass breach end by themselves."""
    hold = first_hold(o, PERMISSIONS)
    return hold is None or hold.reason in STAYS


def newest_run_helped(o: Observed) -> bool:
    """Return whether the metric recovered after the newest run, where there is one: until then a value is awaited."""
    return not has_value(o) or not o.runs or o.runs[-1].status.recovered_time is not None


def nothing_is_requested(o: Observed) -> bool:
    """Return whether no request waits, even for its own time."""
    meta, later = o.monitor.metadata, o.now + AGES
    return open_request(meta, o.runs, later) is None and open_rollback(meta, o.runs, later) is None


def nothing_else_is_read(o: Observed) -> bool:
    """Return whether the metric alone is read: no drift is where its query fails."""
    return _failure(o) is not None or o.monitor.spec.drift is None


def pointer_is_watched(o: Observed) -> bool:
    """Return whether an event tells of a change of the pointer: ConfigMaps aren't watched."""
    return o.monitor.spec.serving.update is Update.ROLLING_UPDATE


CONDITIONS: tuple[Callable[[Observed], bool], ...] = (
    pointer_is_watched,
    nothing_else_is_read,
    newest_says_nothing,
    newest_run_helped,
    nothing_is_breached,
    nothing_holds_for_a_time,
    nothing_is_requested,
)
"""What a monitor at rest is."""
