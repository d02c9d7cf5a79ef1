"""The events that a change of a monitor's status is worth. One idea a reason, only on a change. Pure."""

from collections.abc import Iterable

from refit_operator.api.conditions import Condition, ConditionType, Reason, find
from refit_operator.api.events import Note
from refit_operator.api.monitor import ModelMonitorStatus

_BAD = {
    ConditionType.WITHIN_THRESHOLD: "MetricBreached",
    ConditionType.METRIC_AVAILABLE: "MetricUnavailable",
}
"""Others are told by the condition's own reason."""
_GOOD = {
    ConditionType.WITHIN_THRESHOLD: "MetricRecovered",
    ConditionType.METRIC_AVAILABLE: "MetricAvailable",
    ConditionType.READY: "Ready",
}
_TOLD = (*_GOOD, ConditionType.SERVING_UP_TO_DATE)


_HELD = {
    Reason.GAVE_UP: "GaveUp",
    Reason.BUDGET_SPENT: "RetrainHeld",
    Reason.MASS_BREACH: "RetrainHeld",
    Reason.GUARD_FAILED: "RetrainHeld",
}
"""What keeps a breach from being answered, for reasons that people want to hear of."""


def notes_on(old: ModelMonitorStatus, new: ModelMonitorStatus) -> Iterable[Note]:
    """Yield what people should be told."""
    for kind in _TOLD:
        before, after = find(old.conditions, kind), find(new.conditions, kind)
        if after and (before is None or before.status != after.status):
            yield from _turned(kind, before, after)
        elif after and before and after.reason == Reason.REQUEST_IGNORED != before.reason:
            yield Note(after.reason, after.message, "Warning")
    held = _held(new)
    if held and held != _held(old):
        allowed = find(new.conditions, ConditionType.RETRAIN_ALLOWED)
        yield Note(_HELD[held], allowed.message if allowed else "", "Warning")


def _held(status: ModelMonitorStatus) -> Reason | None:
    """Return what holds the run that a breach asks for."""
    within = find(status.conditions, ConditionType.WITHIN_THRESHOLD)
    allowed = find(status.conditions, ConditionType.RETRAIN_ALLOWED)
    if not within or not allowed or within.status != "False":
        return None
    return next((reason for reason in _HELD if reason.value == allowed.reason), None)


def _turned(kind: ConditionType, before: Condition | None, after: Condition) -> Iterable[Note]:
    if after.status == "False":
        yield Note(_BAD.get(kind) or after.reason, after.message, "Warning")
    elif after.status == "True" and kind in _GOOD and before is not None and before.status == "False":
        yield Note(_GOOD[kind], after.message, "Normal")
