"""Verification after the promotion: the new model's readings against those of the one it replaced. Pure.

Never against the threshold: a candidate better than the old model but still below the threshold is an improvement.
Only readings whose whole range lies after the rollout count, and only values can roll back. Outcomes of a ratio decide
by their certainty, other readings by M of N.
"""

from collections import Counter
from datetime import timedelta

from refit_operator.api.conditions import ConditionType
from refit_operator.api.events import Event
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, Stage
from refit_operator.prometheus.rules.reading import QueryFailed, Reading, Value, describe, reason_of
from refit_operator.prometheus.rules.sequential import Verdict
from refit_operator.prometheus.rules.window import count_breaches, eligible
from refit_operator.run.rules.asked import settle_of
from refit_operator.run.rules.baseline import baseline_of
from refit_operator.run.rules.before_after import BeforeAfter, before_and_after
from refit_operator.run.rules.checks.promotion import roll_back
from refit_operator.run.rules.decision import Decision, Observed, condition, finish, record


def value_before(o: Observed) -> float | None:
    """Return the replaced model's value; None where none is known.

    A run that was promoted by a version without baselines has the reading that started it.
    """
    baseline = baseline_of(o.run)
    return baseline.value if baseline else o.run.spec.trigger.value


def floor_of(o: Observed) -> float | None:
    """Return the value that the new model has to keep; None where the old one's is unknown."""
    value = value_before(o)
    if value is None:
        return None
    drop = o.run.spec.verification.max_drop
    return value - drop if o.run.spec.metric.below else value + drop


def readings_since(o: Observed) -> tuple[Reading, ...]:
    """Return the readings that are wholly the new model's."""
    rolled_out = o.run.status.rolled_out_time
    if rolled_out is None or isinstance(o.window, QueryFailed):
        return ()
    return eligible(o.window, rolled_out + settle_of(o.run, o.query_range), o.query_range)


def compared(o: Observed) -> BeforeAfter | None:
    """Return the outcomes before and after; None where these aren't counted on both sides, or couldn't be read now."""
    if isinstance(o.window, QueryFailed):
        return None
    return before_and_after(o.run, readings_since(o))


def regressed(o: Observed) -> Decision | None:
    """Roll back where the outcomes, or enough readings, are worse than before."""
    if both := compared(o):
        return roll_back(o, Reason.REGRESSED, both.message) if both.verdict is Verdict.WORSE else None
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


def confirm_early(o: Observed) -> Decision | None:
    """End the run as promoted where the outcomes are certain not to be worse."""
    both = compared(o)
    return _confirmed(o, both.message) if both and both.verdict is Verdict.NOT_WORSE else None


def complete_verification(o: Observed) -> Decision | None:
    """End the run as promoted; the checkpoint stays also where the readings confirm nothing, which the message says."""
    rolled_out = o.run.status.rolled_out_time
    if rolled_out is None or o.now - rolled_out < o.run.spec.verification.for_:
        return None
    values = [reading.value for reading in readings_since(o) if isinstance(reading, Value)]
    if both := compared(o):
        why = both.uncertain if values else f"{both.outcomes}{_others(readings_since(o))}"
        return _unconfirmed(o, Reason.TOO_FEW_OUTCOMES, why)
    if len(values) < o.run.spec.verification.breaches.count:
        return _unconfirmed(o, Reason.TOO_FEW_READINGS, _seen_instead(o, len(values)))
    now, before = f"{o.run.spec.metric.name} {values[-1]:.4g} after the promotion", value_before(o)
    if before is None:
        return _unconfirmed(o, Reason.BASELINE_UNKNOWN, f"{now}, and no value before it to compare with")
    return _confirmed(o, f"{now}, {before:.4g} before it{_how_known(o)}")


def _how_known(o: Observed) -> str:
    baseline = baseline_of(o.run)
    return f" (median of {baseline.readings} readings)" if baseline and baseline.readings > 1 else ""


def _confirmed(o: Observed, message: str) -> Decision:
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
    return f"{counted}{_others(readings)}"


def _others(readings: tuple[Reading, ...]) -> str:
    others = [reading for reading in readings if not isinstance(reading, Value)]
    if not others:
        return ""
    kinds = ", ".join(f"{times} {kind}" for kind, times in Counter(map(reason_of, others)).items())
    return f"; instead {kinds}; the last {describe(others[-1])}"


def await_readings(o: Observed) -> Decision:
    """Reconcile again at the next reading."""
    rolled_out, both = o.run.status.rolled_out_time or o.now, compared(o)
    left = max(timedelta(0), rolled_out + o.run.spec.verification.for_ - o.now)
    message = both.message if both else o.run.status.message or ""
    return Decision(record(o, Stage.VERIFYING, message), requeue_after=min(left, o.next_reading))
