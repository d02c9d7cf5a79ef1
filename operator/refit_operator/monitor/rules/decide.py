"""When to retrain: an ordered list of checks, the first objection wins. The tuple is the specification. Pure.

A check is named for what it objects to, by its Reason in snake case.
"""

from datetime import datetime

from refit_operator.api.base import RETRAIN_ANNOTATION, ROLLBACK_ANNOTATION, TAKE_POINTER_ANNOTATION
from refit_operator.api.policy import Mode
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Trigger, TriggerReason
from refit_operator.monitor.rules.decision import Decision, Hold, Observed, StartRun
from refit_operator.monitor.rules.evidence import baseline_of, evidence_message
from refit_operator.monitor.rules.limits import (
    budget_spent,
    cooling_down,
    gave_up,
    guard_failed,
    guards_not_queried,
    mass_breach,
    no_room,
    pod_silent,
    rollout_stuck,
    target_halted,
)
from refit_operator.monitor.rules.manifest import build_run
from refit_operator.monitor.rules.readiness import (
    READINESS,
    Check,
    starting_model,
    target_claimed,
    target_missing,
    target_not_served,
    target_not_wired,
)
from refit_operator.prometheus.rules.reading import Value, describe
from refit_operator.target.rules.ownership import describe_change, expected_pointer, handover


def target_replaced(o: Observed) -> Hold | None:
    """Hold where the target isn't the object that the last promotion was for, and its pointer is another one."""
    if not o.is_overruled or not o.is_replaced or o.target is None:
        return None
    message = f"the target was deleted and created again, with the pointer {o.target.pointer or 'none'}"
    return Hold(Reason.TARGET_REPLACED, f"{message}; {_how_to_hand_over(o, o.target.pointer)}")


def overruled(o: Observed) -> Hold | None:
    """Hold where the pointer isn't the one that the operator wrote last, or its annotations disagree."""
    if o.target and o.target.disagreement:
        return Hold(Reason.OVERRULED, o.target.disagreement)
    if not o.is_overruled or o.is_replaced or o.target is None:
        return None
    changed = describe_change(o.target, expected_pointer(o.runs) or "")
    return Hold(Reason.OVERRULED, f"{changed}; {_how_to_hand_over(o, o.target.pointer)}")


def field_conflict(o: Observed) -> Hold | None:
    """Hold where a manifest owns a field that a promotion writes, until it is handed over."""
    owned = o.target.others_field if o.target else None
    if o.target is None or owned is None or o.taken_pointer == handover(o.target.pointer, o.runs):
        return None
    managers = ", ".join(f'"{manager}"' for manager in owned[1])
    message = f"{'.'.join(owned[0])} is owned by field manager {managers}, which would refuse a promotion"
    return Hold(Reason.FIELD_CONFLICT, f"{message}; {_how_to_hand_over(o, o.target.pointer)}")


def _how_to_hand_over(o: Observed, live: str) -> str:
    how = f"annotate the monitor with {TAKE_POINTER_ANNOTATION}='{handover(live, o.runs)}'"
    return f"to go on from there, {how}"


def rollback_requested(o: Observed) -> Hold | None:
    """Hold while a requested rollback is unanswered."""
    if o.rollback_request is None:
        return None
    halted = target_halted(o)
    waits = f", and waits: {halted.message}" if halted else ""
    return Hold(Reason.ROLLBACK_REQUESTED, _requested(o.rollback_request) + waits)


def _requested(time: datetime) -> str:
    return f"rollback requested at {time:%Y-%m-%dT%H:%M:%SZ} ({ROLLBACK_ANNOTATION})"


def nothing_to_roll_back(o: Observed) -> Hold | None:
    """Hold where a rollback is requested and no run says what the live pointer replaced."""
    if o.rollback_request is None or o.pointer_before is not None:
        return None
    message = f"no run promoted what serves, so there is no pointer to restore; remove {ROLLBACK_ANNOTATION} to go on"
    return Hold(Reason.NOTHING_TO_ROLL_BACK, message)


def suspended(o: Observed) -> Hold | None:
    """Hold while spec.suspend is true."""
    return Hold(Reason.SUSPENDED, "spec.suspend is true") if o.monitor.spec.suspend else None


def mode_observe(o: Observed) -> Hold | None:
    """Hold while spec.mode is Observe."""
    observing = o.monitor.spec.mode is Mode.OBSERVE
    return Hold(Reason.MODE_OBSERVE, "spec.mode is Observe") if observing else None


def run_active(o: Observed) -> Hold | None:
    """Hold while a run is under way."""
    return Hold(Reason.RUN_ACTIVE, f"run {o.active_run.metadata.name} is under way") if o.active_run else None


def metric_unavailable(o: Observed) -> Hold | None:
    """Hold while the last reading isn't a value."""
    if isinstance(o.newest, Value):
        return None
    return Hold(Reason.METRIC_UNAVAILABLE, describe(o.newest) if o.newest else "no reading yet")


def within(o: Observed) -> Hold | None:
    """Hold unless the outcomes, or M of the last N readings, are on the wrong side of the threshold, and the newest.

    The reading that completes a breach is in breach itself. What held the breach may end after the metric recovered.
    """
    newest = o.newest
    goes_on = isinstance(newest, Value) and o.monitor.spec.metric.is_breached_by(newest.value)
    return None if o.is_breached and goes_on else Hold(Reason.WITHIN, breach_message(o))


CHECKS: tuple[Check, ...] = (
    *READINESS,
    target_replaced,
    overruled,
    field_conflict,
    nothing_to_roll_back,
    rollback_requested,
    suspended,
    mode_observe,
    run_active,
    target_halted,
    rollout_stuck,
    no_room,
    pod_silent,
    metric_unavailable,
    within,
    gave_up,
    cooling_down,
    budget_spent,
    mass_breach,
    guards_not_queried,
    guard_failed,
)

ROLLBACK_CHECKS: tuple[Check, ...] = (
    target_not_served,
    target_missing,
    target_claimed,
    target_not_wired,
    target_replaced,
    overruled,
    field_conflict,
    run_active,
    nothing_to_roll_back,
    target_halted,
)
"""What a requested rollback has to pass: it needs no metric, and ignores suspension and mode."""

NOT_FOR_REQUESTS: tuple[Check, ...] = (
    rollout_stuck,
    metric_unavailable,
    within,
    gave_up,
    cooling_down,
    mass_breach,
)
"""What a requested run ignores."""

PERMISSIONS: tuple[Check, ...] = tuple(check for check in CHECKS if check not in (within, guards_not_queried))
"""Whether a breach now would start a run: the condition RetrainAllowed. Guards count where they were queried."""


def first_hold(o: Observed, checks: tuple[Check, ...]) -> Hold | None:
    """Return the first objection."""
    return next((hold for check in checks if (hold := check(o))), None)


def decide(o: Observed) -> Decision:
    """Return the first objection, or the run to start."""
    if o.rollback_request:
        return first_hold(o, ROLLBACK_CHECKS) or start_rollback(o, o.rollback_request)
    return first_hold(o, checks_for(o)) or start_run(o)


def checks_for(o: Observed) -> tuple[Check, ...]:
    """Return the checks that count: all, or those that a requested run has to pass."""
    return tuple(check for check in CHECKS if check not in NOT_FOR_REQUESTS) if o.request else CHECKS


def only_guards_are_left(o: Observed) -> bool:
    """Return whether everything but the guards allows a run, so that they are worth querying."""
    guards = (guards_not_queried, guard_failed)
    return first_hold(o, tuple(check for check in checks_for(o) if check not in guards)) is None


def breach_message(o: Observed) -> str:
    """Return the readings in a sentence, with numbers."""
    metric, newest = o.monitor.spec.metric, o.newest
    if not isinstance(newest, Value):
        return describe(newest) if newest else "no reading yet"
    if evidence := evidence_message(o):
        return evidence
    value = f"{metric.name} {newest.value:.4g} {_sign(newest.value, metric.threshold)} {metric.threshold:.4g}"
    of = min(len(o.readings), metric.breaches.out_of)
    if metric.is_counted and of:
        return f"{value}; {NOT_COUNTED} the metric, its threshold or the model changed"
    if not of:
        since = "the last run's end" if o.last_completion else "the monitor's creation"
        return f"{value}; {NOT_COUNTED} {since}"
    return f"{value}, {o.breaches} of {of} readings in breach"


NOT_COUNTED = "it doesn't count towards a breach: its window began before"


def _sign(value: float, threshold: float) -> str:
    return "<" if value < threshold else ">" if value > threshold else "="


def start_run(o: Observed) -> StartRun:
    """Return the run that answers this breach, or a request."""
    newest = o.newest
    trigger = Trigger(
        reason=TriggerReason.MANUAL if o.request else TriggerReason.METRIC_BREACHED,
        value=newest.value if isinstance(newest, Value) else None,
        threshold=o.monitor.spec.metric.threshold,
        time=o.request or (newest.time if newest else o.now),
        baseline=baseline_of(o),
    )
    start, served = starting_model(o), o.served
    live = o.target.pointer if o.target else ""
    models = (str(start or ""), str(served or ""), live)
    body = build_run(o.monitor, next_ordinal(o), trigger, *models, protected=o.protected)
    requested = f"run requested at {o.request:%Y-%m-%dT%H:%M:%SZ} ({RETRAIN_ANNOTATION})" if o.request else ""
    return StartRun(body, requested or breach_message(o))


def start_rollback(o: Observed, requested: datetime) -> StartRun:
    """Return the run that restores the previous pointer; it trains nothing."""
    threshold = o.monitor.spec.metric.threshold
    trigger = Trigger(reason=TriggerReason.ROLLBACK_REQUESTED, threshold=threshold, time=requested)
    live = o.target.pointer if o.target else ""
    body = build_run(o.monitor, next_ordinal(o), trigger, "", str(o.served or ""), live, restore=o.pointer_before)
    return StartRun(body, _requested(requested))


def next_ordinal(o: Observed) -> int:
    """Return the number of the next run: after all that exist, and all that the status remembers."""
    return 1 + max((o.monitor.status.attempts, *(run.spec.ordinal for run in o.runs)))
