"""Every check of the operator's decision on a monitor, in its order, with its answer. Pure.

What the API server says is judged here and now, by the operator's own functions. What only the operator knows, such as
readings or a mass breach, is in its conditions: they name the first check that holds, so that those before it passed,
and those after it were not reached.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from refit_operator.api.conditions import Condition, ConditionType, find
from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules import decide, limits, readiness
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.readiness import READINESS, Check
from refit_operator.prometheus.rules.promql import QueryInvalid


class State(StrEnum):
    """What a check says."""

    PASSES = "passes"
    HOLDS = "holds"
    IGNORED = "ignored"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """One check's answer."""

    reason: Reason
    state: State
    message: str = ""
    by_operator: bool = False
    """Whether it is what the operator wrote, and not what was read just now."""

    def to_json(self) -> dict[str, Any]:
        """Return it as -o json prints it."""
        source = "operator" if self.by_operator else "cluster"
        return {"check": self.reason.value, "answer": self.state.value, "message": self.message, "source": source}


OF_THE_OPERATOR: frozenset[Check] = frozenset(
    [
        readiness.query_refused,
        readiness.source_forbidden,
        readiness.secret_missing,
        readiness.target_not_served,
        limits.no_room,
        limits.pod_silent,
        limits.gave_up,
        limits.mass_breach,
        limits.guard_failed,
    ]
)
"""Checks whose facts only the operator has."""
_REASONS = {reason.value: reason for reason in Reason}
LEFT_OUT = (limits.guards_not_queried,)
"""It says only that guard_failed has no answer yet."""


NOT_REACHED = "not reached"
"""What is said of a check after the first that held when the operator decided."""


def reason_of(check: Check) -> Reason:
    """Return the reason that a check is named for."""
    return _REASONS["".join(word.capitalize() for word in check.__name__.split("_"))]


def answers(o: Observed) -> list[Answer]:
    """Return the answer of every check that counts now, and of those that a request ignores."""
    if o.rollback_request:
        return [_answer(o, check) for check in decide.ROLLBACK_CHECKS]
    counted = decide.checks_for(o)
    checks = (check for check in decide.CHECKS if check not in LEFT_OUT)
    return [_answer(o, check) if check in counted else _ignored(check) for check in checks]


def _ignored(check: Check) -> Answer:
    return Answer(reason_of(check), State.IGNORED, "a run is requested")


def _answer(o: Observed, check: Check) -> Answer:
    if check is decide.metric_unavailable:
        return _by_reading(o)
    if check is decide.within:
        return _by_threshold(o)
    try:
        hold = None if check in OF_THE_OPERATOR - {readiness.query_refused} else check(o)
    except QueryInvalid:
        return Answer(reason_of(check), State.UNKNOWN, f"{NOT_REACHED}: QueryRefused holds")
    if hold:
        return Answer(hold.reason, State.HOLDS, hold.message)
    return _by_condition(o, check) if check in OF_THE_OPERATOR else Answer(reason_of(check), State.PASSES)


def _by_reading(o: Observed) -> Answer:
    found = find(o.monitor.status.conditions, ConditionType.METRIC_AVAILABLE)
    state = State.PASSES if found and found.status == "True" else State.HOLDS
    return Answer(Reason.METRIC_UNAVAILABLE, state, found.message if found else "no reading yet", by_operator=True)


def _by_threshold(o: Observed) -> Answer:
    found = find(o.monitor.status.conditions, ConditionType.WITHIN_THRESHOLD)
    state = State.PASSES if found and found.status == "False" else State.HOLDS
    return Answer(Reason.WITHIN, state, found.message if found else "no reading yet", by_operator=True)


def _by_condition(o: Observed, check: Check) -> Answer:
    reason = reason_of(check)
    if check is limits.guard_failed and not o.monitor.spec.guards:
        return Answer(reason, State.PASSES, "there are no guards")
    kind, order = (
        (ConditionType.READY, READINESS) if check in READINESS else (ConditionType.RETRAIN_ALLOWED, decide.PERMISSIONS)
    )
    found = find(o.monitor.status.conditions, kind)
    state, message = _in_order(found, reason, [reason_of(each) for each in order])
    if state is State.PASSES and check is limits.guard_failed and not _is_breached(o):
        return Answer(reason, State.UNKNOWN, "guards are queried only when everything else allows a run", True)
    return Answer(reason, state, message, by_operator=True)


def _in_order(found: Condition | None, reason: Reason, order: list[Reason]) -> tuple[State, str]:
    """Return a check's answer by the condition that names the first check that holds."""
    if found is None:
        return State.UNKNOWN, "the operator has said nothing yet"
    if found.status == "True":
        return State.PASSES, ""
    if found.reason == reason:
        return State.HOLDS, found.message
    first = next((index for index, each in enumerate(order) if each == found.reason), -1)
    if first > order.index(reason):
        return State.PASSES, ""
    return State.UNKNOWN, f"{NOT_REACHED}: {found.reason} holds" if first >= 0 else f"{NOT_REACHED}: Ready isn't True"


def _is_breached(o: Observed) -> bool:
    found = find(o.monitor.status.conditions, ConditionType.WITHIN_THRESHOLD)
    return found is not None and found.status == "False"


def first_hold(found: list[Answer]) -> Answer | None:
    """Return the first check that holds."""
    return next((answer for answer in found if answer.state is State.HOLDS), None)
