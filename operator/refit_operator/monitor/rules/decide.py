"""When to retrain: an ordered list of checks, the first that holds wins. The tuple is the specification. Pure."""

from datetime import datetime

from refit_operator.api.base import ROLLBACK_ANNOTATION, TAKE_POINTER_ANNOTATION
from refit_operator.api.conditions import Reason
from refit_operator.api.policy import Mode
from refit_operator.api.run import Trigger, TriggerReason
from refit_operator.monitor.rules.decision import Decision, Hold, Observed, StartRun
from refit_operator.monitor.rules.limits import (
    breaker_is_closed,
    budget_is_left,
    cooldown_is_over,
    guards_hold,
    no_guard_failed,
    no_mass_breach,
)
from refit_operator.monitor.rules.manifest import build_run
from refit_operator.monitor.rules.readiness import (
    READINESS,
    Check,
    starting_model,
    target_exists,
    target_is_ours_alone,
    target_is_wired,
)
from refit_operator.prometheus.rules.reading import Value, describe
from refit_operator.target.rules.ownership import handover


def is_not_overruled(o: Observed) -> Hold | None:
    """The pointer is the one that we promoted, where a target made anew can't have it by itself."""
    if not o.is_overruled or o.target is None:
        return None
    live = o.target.pointer
    what = f"a person set the pointer to {live or 'none'}"
    if o.is_replaced:
        what = f"the target was deleted and made anew, with the pointer {live or 'none'}"
    how = f"annotate the monitor with {TAKE_POINTER_ANNOTATION}='{handover(live, o.runs)}'"
    return Hold(Reason.TARGET_REPLACED if o.is_replaced else Reason.OVERRULED, f"{what}; to go on from there, {how}")


def no_rollback_is_requested(o: Observed) -> Hold | None:
    """Nobody waits for the pointer of before."""
    asked = o.rollback_request
    return Hold(Reason.ROLLBACK_REQUESTED, f"a person asked at {asked} for the pointer of before") if asked else None


def there_is_a_pointer_before(o: Observed) -> Hold | None:
    """A run says what the live pointer replaced."""
    if o.pointer_before is not None:
        return None
    message = f"there is nothing to go back to: no run promoted what serves; remove {ROLLBACK_ANNOTATION} to go on"
    return Hold(Reason.ROLLBACK_REQUESTED, message)


def is_not_suspended(o: Observed) -> Hold | None:
    """Nobody has suspended the monitor."""
    return Hold(Reason.SUSPENDED, "spec.suspend is true") if o.monitor.spec.suspend else None


def mode_allows_runs(o: Observed) -> Hold | None:
    """The mode allows retraining."""
    observing = o.monitor.spec.mode is Mode.OBSERVE
    return Hold(Reason.MODE_OBSERVE, "spec.mode is Observe") if observing else None


def no_run_is_active(o: Observed) -> Hold | None:
    """One run at a time."""
    return Hold(Reason.RUN_ACTIVE, f"run {o.active_run.metadata.name} is under way") if o.active_run else None


def reading_is_a_value(o: Observed) -> Hold | None:
    """The last reading is a number; anything else starts nothing."""
    if isinstance(o.newest, Value):
        return None
    return Hold(Reason.METRIC_UNAVAILABLE, describe(o.newest) if o.newest else "no reading yet")


def metric_is_in_breach(o: Observed) -> Hold | None:
    """M of the last N readings are on the wrong side of the threshold, the newest among them.

    The reading that completes a breach is in breach itself. What held the breach may end after the metric came back.
    """
    newest = o.newest
    goes_on = isinstance(newest, Value) and o.monitor.spec.metric.is_breached_by(newest.value)
    return None if o.is_breached and goes_on else Hold(Reason.WITHIN, breach_message(o))


CHECKS: tuple[Check, ...] = (
    *READINESS,
    is_not_overruled,
    no_rollback_is_requested,
    is_not_suspended,
    mode_allows_runs,
    no_run_is_active,
    reading_is_a_value,
    metric_is_in_breach,
    breaker_is_closed,
    cooldown_is_over,
    budget_is_left,
    no_mass_breach,
    guards_hold,
)

ROLLBACK_CHECKS: tuple[Check, ...] = (
    target_exists,
    target_is_ours_alone,
    target_is_wired,
    is_not_overruled,
    no_run_is_active,
    there_is_a_pointer_before,
)
"""What a rollback that a person requests has to pass: it asks no metric, and goes past suspension and mode."""

NOT_FOR_REQUESTS: tuple[Check, ...] = (
    reading_is_a_value,
    metric_is_in_breach,
    breaker_is_closed,
    cooldown_is_over,
    no_mass_breach,
)
"""What a run that a person requests goes past."""

PERMISSIONS: tuple[Check, ...] = (
    *(check for check in CHECKS if check not in (metric_is_in_breach, guards_hold)),
    no_guard_failed,
)
"""Whether a breach now would start a run: the condition RetrainAllowed. Guards count where they were asked."""


def first_hold(o: Observed, checks: tuple[Check, ...]) -> Hold | None:
    """Return the first objection."""
    return next((hold for check in checks if (hold := check(o))), None)


def decide(o: Observed) -> Decision:
    """Return the first objection, or the run to start."""
    if o.rollback_request:
        return first_hold(o, ROLLBACK_CHECKS) or start_rollback(o, o.rollback_request)
    return first_hold(o, checks_for(o)) or start_run(o)


def checks_for(o: Observed) -> tuple[Check, ...]:
    """Return the checks that count: all, or those that a person's request has to pass."""
    return tuple(check for check in CHECKS if check not in NOT_FOR_REQUESTS) if o.request else CHECKS


def only_guards_are_left(o: Observed) -> bool:
    """Return whether everything but the guards allows a run, so that they are worth asking."""
    return first_hold(o, tuple(check for check in checks_for(o) if check is not guards_hold)) is None


def breach_message(o: Observed) -> str:
    """Return the readings in a sentence, with numbers."""
    metric, newest = o.monitor.spec.metric, o.newest
    if not isinstance(newest, Value):
        return describe(newest) if newest else "no reading yet"
    of = min(len(o.readings), metric.breaches.out_of)
    sign = _sign(newest.value, metric.threshold)
    return f"{metric.name} {newest.value:.4g} {sign} {metric.threshold:.4g}, {o.breaches} of {of} readings in breach"


def _sign(value: float, threshold: float) -> str:
    return "<" if value < threshold else ">" if value > threshold else "="


def start_run(o: Observed) -> StartRun:
    """Return the run that answers this breach, or a person's request."""
    newest = o.newest
    trigger = Trigger(
        reason=TriggerReason.MANUAL if o.request else TriggerReason.METRIC_BREACHED,
        value=newest.value if isinstance(newest, Value) else None,
        threshold=o.monitor.spec.metric.threshold,
        time=o.request or (newest.time if newest else o.now),
    )
    start, served = starting_model(o), o.served
    live = o.target.pointer if o.target else ""
    models = (str(start or ""), str(served or ""), live)
    body = build_run(o.monitor, next_ordinal(o), trigger, *models, protected=o.protected)
    return StartRun(body, f"a person requested it at {o.request}" if o.request else breach_message(o))


def start_rollback(o: Observed, asked: datetime) -> StartRun:
    """Return the run that puts the pointer of before back; it trains nothing."""
    threshold = o.monitor.spec.metric.threshold
    trigger = Trigger(reason=TriggerReason.ROLLBACK_REQUESTED, threshold=threshold, time=asked)
    live = o.target.pointer if o.target else ""
    body = build_run(o.monitor, next_ordinal(o), trigger, "", str(o.served or ""), live, restore=o.pointer_before)
    return StartRun(body, f"a person asked at {asked} for the pointer of before")


def next_ordinal(o: Observed) -> int:
    """Return the number of the next run: after all that exist, and all that the status remembers."""
    return 1 + max((o.monitor.status.attempts, *(run.spec.ordinal for run in o.runs)))
