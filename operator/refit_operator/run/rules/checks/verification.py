"""Verification after the promotion: the new model's readings against those of the one it replaced. Pure.

Never against the threshold: a candidate better than the old model but still below the threshold is an improvement.
Only readings whose whole range lies after the rollout count, and only values can roll back.
"""

from collections import Counter
from datetime import timedelta

from refit_operator.api.conditions import ConditionType, Reason
from refit_operator.api.events import Event
from refit_operator.api.run import Outcome, Stage
from refit_operator.prometheus.rules.promql import variables_of
from refit_operator.prometheus.rules.reading import QueryFailed, Reading, Value, describe, reason_of
from refit_operator.prometheus.rules.window import count_breaches, eligible
from refit_operator.run.rules.checks.promotion import roll_back
from refit_operator.run.rules.decision import Decision, Observed, condition, finish, record


def floor_of(o: Observed) -> float | None:
    """Return the value that the new model has to keep; None where the old one's is unknown."""
    value = o.run.spec.trigger.value
    if value is None:
        return None
    drop = o.run.spec.verification.max_drop
    return value - drop if o.run.spec.metric.below else value + drop


def settle_of(o: Observed) -> timedelta:
    """Return how long after the rollout readings don't count yet: late labels still judge the old model then.

    A query with `$(digest)` reads the new model's series only.
    """
    settle = o.run.spec.verification.settle
    if settle is not None:
        return settle
    return timedelta(0) if "digest" in variables_of(o.run.spec.metric.promql) else o.query_range


def readings_since(o: Observed) -> tuple[Reading, ...]:
    """Return the readings that are wholly the new model's."""
    rolled_out = o.run.status.rolled_out_time
    if rolled_out is None or isinstance(o.window, QueryFailed):
        return ()
    return eligible(o.window, rolled_out + settle_of(o), o.query_range)


def regressed(o: Observed) -> Decision | None:
    """Roll back where enough readings are worse than before."""
    breaches, floor = o.run.spec.verification.breaches, floor_of(o)
    readings = readings_since(o)
    if floor is None:
        return None
    count = count_breaches(readings, floor, o.run.spec.metric.below, breaches.out_of)
    if count < breaches.count:
        return None
    name = o.run.spec.metric.name
    message = f"{name} worse than {floor:.4g} in {count} of the last {min(len(readings), breaches.out_of)} readings"
    return roll_back(o, Reason.REGRESSED, message)


def complete_verification(o: Observed) -> Decision | None:
    """End the run as promoted; the checkpoint stays also where the readings confirm nothing, which the message says."""
    rolled_out = o.run.status.rolled_out_time
    if rolled_out is None or o.now - rolled_out < o.run.spec.verification.for_:
        return None
    values = [reading.value for reading in readings_since(o) if isinstance(reading, Value)]
    if len(values) < o.run.spec.verification.breaches.count:
        return _unconfirmed(o, Reason.TOO_FEW_READINGS, _seen_instead(o, len(values)))
    now, before = f"{o.run.spec.metric.name} {values[-1]:.4g} after the promotion", o.run.spec.trigger.value
    if before is None:
        return _unconfirmed(o, Reason.BASELINE_UNKNOWN, f"{now}, and no value before it to compare with")
    message = f"{now}, {before:.4g} before it"
    confirmed = condition(o, ConditionType.CONFIRMED, "True", Reason.NO_REGRESSION, message)
    event = Event("CheckpointConfirmed", message)
    return finish(o, Outcome.PROMOTED, Reason.PROMOTED, message, confirmed, event=event)


def _unconfirmed(o: Observed, reason: Reason, why: str) -> Decision:
    message = f"the checkpoint stays, unconfirmed: {why}"
    unknown = condition(o, ConditionType.CONFIRMED, "Unknown", reason, message)
    event = Event("CheckpointUnconfirmed", message, "Warning")
    return finish(o, Outcome.PROMOTED, Reason.PROMOTED, message, unknown, event=event)


def _seen_instead(o: Observed, values: int) -> str:
    """Return what the readings were, since they were not values."""
    if isinstance(o.window, QueryFailed):
        return f"at the end of the verification {describe(o.window)}"
    readings, needed = readings_since(o), o.run.spec.verification.breaches.count
    if not readings:
        return "no reading lies wholly after the rollout and verification.settle"
    counted = (
        f"{values} of the last {len(readings)} readings were values, {needed} are needed (verification.breaches.count)"
    )
    others = [reading for reading in readings if not isinstance(reading, Value)]
    if not others:
        return counted
    kinds = ", ".join(f"{times} {kind}" for kind, times in Counter(map(reason_of, others)).items())
    return f"{counted}; instead {kinds}; the last {describe(others[-1])}"


def await_readings(o: Observed) -> Decision:
    """Reconcile again at the next reading."""
    rolled_out = o.run.status.rolled_out_time or o.now
    left = max(timedelta(0), rolled_out + o.run.spec.verification.for_ - o.now)
    return Decision(record(o, Stage.VERIFYING, o.run.status.message or ""), requeue_after=min(left, o.next_reading))
