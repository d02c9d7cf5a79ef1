"""The Events of a change of a monitor's status. One idea a reason, only on a change. Pure."""

from collections.abc import Iterable

from refit_operator.api.conditions import Condition, ConditionType, find
from refit_operator.api.events import Event
from refit_operator.api.monitor import ModelMonitorStatus
from refit_operator.api.reasons import Reason

_BAD = {
    ConditionType.WITHIN_THRESHOLD: "MetricBreached",
    ConditionType.METRIC_AVAILABLE: "MetricUnavailable",
}
"""Reasons of Events; other conditions give their own reason."""
_GOOD = {
    ConditionType.WITHIN_THRESHOLD: "MetricRecovered",
    ConditionType.METRIC_AVAILABLE: "MetricAvailable",
    ConditionType.READY: "Ready",
}
_OBSERVED = (*_GOOD, ConditionType.SERVING_UP_TO_DATE)


_FLAGGED = (Reason.REQUEST_IGNORED, Reason.ABSENCE_HIDDEN)
"""Reasons of a good condition that are worth an Event."""
_HELD = {
    Reason.GAVE_UP: "GaveUp",
    Reason.BUDGET_SPENT: "RetrainHeld",
    Reason.MASS_BREACH: "RetrainHeld",
    Reason.TARGET_HALTED: "RetrainHeld",
    Reason.GUARD_FAILED: "RetrainHeld",
}
"""Reasons why a breach starts no run that are worth an Event."""


def events_on(old: ModelMonitorStatus, new: ModelMonitorStatus) -> Iterable[Event]:
    """Yield the Events to post."""
    for kind in _OBSERVED:
        before, after = find(old.conditions, kind), find(new.conditions, kind)
        if after and (before is None or before.status != after.status):
            yield from _turned(kind, before, after)
        elif after and before and after.reason in _FLAGGED and after.reason != before.reason:
            yield Event(after.reason, after.message, "Warning")
    yield from _drift(find(old.conditions, ConditionType.DRIFT_SUSPECTED), new)
    held = _held(new)
    if held and held != _held(old):
        allowed = find(new.conditions, ConditionType.RETRAIN_ALLOWED)
        yield Event(_HELD[held], allowed.message if allowed else "", "Warning")


def _drift(before: Condition | None, new: ModelMonitorStatus) -> Iterable[Event]:
    """Tell of a drift once, and of its end; what isn't known between the two is neither."""
    after = find(new.conditions, ConditionType.DRIFT_SUSPECTED)
    if after is None or (before and before.status == after.status):
        return
    if after.status == "True":
        yield Event("DriftSuspected", after.message, "Warning")
    elif after.status == "False" and before and before.status == "True":
        yield Event("DriftOver", after.message, "Normal")


def _held(status: ModelMonitorStatus) -> Reason | None:
    """Return what holds the run that a breach asks for."""
    within = find(status.conditions, ConditionType.WITHIN_THRESHOLD)
    allowed = find(status.conditions, ConditionType.RETRAIN_ALLOWED)
    if not within or not allowed or within.status != "False":
        return None
    return next((reason for reason in _HELD if reason.value == allowed.reason), None)


def _turned(kind: ConditionType, before: Condition | None, after: Condition) -> Iterable[Event]:
    if after.status == "False":
        yield Event(_BAD.get(kind) or after.reason, after.message, "Warning")
    elif after.status == "True" and kind in _GOOD and before is not None and before.status == "False":
        yield Event(_GOOD[kind], after.message, "Normal")
