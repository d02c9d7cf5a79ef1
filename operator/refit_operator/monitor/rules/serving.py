"""Whether the target runs the checkpoint that the status says it serves: the condition ServingUpToDate. Pure.

A tuple of checks, each named for its Reason in snake case; the first that has an answer wins.
"""

from collections.abc import Callable
from typing import Literal

from refit_operator.api.conditions import Condition, ConditionType, find
from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules import decide, readiness
from refit_operator.monitor.rules.decision import Hold, Observed
from refit_operator.target.rules.rollout import Complete

Verdict = tuple[Literal["True", "False", "Unknown"], Reason, str]


def _false(hold: Hold | None) -> Verdict | None:
    return ("False", hold.reason, hold.message) if hold else None


def target_not_served(o: Observed) -> Verdict | None:
    """The API server doesn't know the target's kind."""
    return _false(readiness.target_not_served(o))


def target_missing(o: Observed) -> Verdict | None:
    """There is no workload of that kind and name."""
    return _false(readiness.target_missing(o))


def rolling_out(o: Observed) -> Verdict | None:
    """A run is changing the pointer, or restoring it."""
    status = o.active_run.status if o.active_run else None
    if status is None or status.pointer_change is None:
        return None
    changes = status.rolled_out_time is None or status.pointer_change.rollback_time
    return ("Unknown", Reason.ROLLING_OUT, status.message or "rolling out") if changes else None


def target_not_wired(o: Observed) -> Verdict | None:
    """No container reads the pointer, so that what the target serves is unknown."""
    if o.target is None or o.target.reads_pointer:
        return None
    return "Unknown", Reason.TARGET_NOT_WIRED, o.target.wiring


def target_replaced(o: Observed) -> Verdict | None:
    """The target isn't the object that the last promotion was for."""
    return _false(decide.target_replaced(o))


def overruled(o: Observed) -> Verdict | None:
    """The pointer isn't the one that the operator wrote last."""
    return _false(decide.overruled(o))


def rollback_blocked(o: Observed) -> Verdict | None:
    """The newest run that changed the pointer restored it, and the pods haven't followed yet."""
    finished = _last_finish(o)
    if finished is None or not rollback_was_blocked(o) or o.target is None or o.last_run is None:
        return None
    change = o.last_run.status.pointer_change
    is_back = change is None or o.target.pointer != change.new
    if is_back and isinstance(o.target.rollout_to(o.target.pointer), Complete):
        return None
    return "False", Reason.ROLLBACK_BLOCKED, finished.message


def rollback_was_blocked(o: Observed) -> bool:
    """Return whether the newest run restored the pointer, and its pods hadn't followed when it ended."""
    finished = _last_finish(o)
    return finished is not None and finished.reason == Reason.ROLLBACK_BLOCKED


def field_conflict(o: Observed) -> Verdict | None:
    """Another field manager kept the pointer from the newest run."""
    finished = _last_finish(o)
    refused = finished is not None and finished.reason == Reason.FIELD_CONFLICT
    return ("False", Reason.FIELD_CONFLICT, finished.message) if finished and refused else None


def _last_finish(o: Observed) -> Condition | None:
    """Return how the newest run ended; None while the next one has changed the pointer, which is what counts then."""
    if o.last_run is None or (o.active_run and o.active_run.status.pointer_change):
        return None
    return find(o.last_run.status.conditions, ConditionType.FINISHED)


CHECKS: tuple[Callable[[Observed], Verdict | None], ...] = (
    target_not_served,
    target_missing,
    rolling_out,
    target_not_wired,
    target_replaced,
    overruled,
    rollback_blocked,
    field_conflict,
)


def serving_verdict(o: Observed) -> Verdict:
    """Return status, reason and message of ServingUpToDate."""
    found = next((verdict for check in CHECKS if (verdict := check(o))), None)
    return found or ("True", Reason.SERVED, f"serves {o.served.short if o.served else 'a model that no spec names'}")
