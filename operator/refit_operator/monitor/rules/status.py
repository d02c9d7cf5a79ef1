"""A monitor's status after a reconciliation. Pure.

A status is written when it says something new: a condition changed, or a run. Numbers alone are worth a write only
every few minutes, so that an idle monitor costs none.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal

from refit_operator.api.conditions import Condition, ConditionType, find, merge
from refit_operator.api.monitor import LastRun, MetricStatus, ModelMonitorStatus, ServedStatus
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, RetrainRun
from refit_operator.monitor.rules.decide import PERMISSIONS, breach_message, first_hold
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.drift import drift_verdict
from refit_operator.monitor.rules.evidence import evidence_status
from refit_operator.monitor.rules.history import earliest_start
from refit_operator.monitor.rules.readiness import READINESS
from refit_operator.monitor.rules.serving import serving_verdict
from refit_operator.prometheus.rules.promql import parse_query
from refit_operator.prometheus.rules.reading import Reading, Value, describe, reason_of
from refit_operator.prometheus.rules.sentences import one_line
from refit_operator.target.rules.request import malformed_request

Truth = Literal["True", "False", "Unknown"]
WORTH_A_WRITE = 0.01
"""A value that moved by this much is written, and so are other words; once in five minutes or every third reading."""
WRITE_EVERY = timedelta(minutes=5)
READINGS_BETWEEN_WRITES = 3
BROKEN = frozenset({Reason.INVALID_SPEC, Reason.QUERY_REFUSED, Reason.SOURCE_FORBIDDEN, Reason.TARGET_CLAIMED})
"""Reasons that need a change of the monitor by a user: Stalled."""
WAITING = (Reason.BUDGET_SPENT, Reason.MASS_BREACH, Reason.GUARD_FAILED)
"""Reasons that hold a run for a time, and have no display state of their own."""


def next_status(o: Observed) -> ModelMonitorStatus:
    """Return the status that describes what was observed."""
    old = o.monitor.status
    last = o.last_run
    return ModelMonitorStatus(
        observed_generation=o.monitor.metadata.generation,
        conditions=merge(old.conditions, tuple(_conditions(o))),
        state=display_state(o),
        metric=_metric(o),
        measure=o.measure,
        served=_served(o),
        active_run=o.active_run.metadata.name if o.active_run else None,
        attempts=max((old.attempts, *(run.spec.ordinal for run in o.runs))),
        last_run=_last(last) if last else None,
        next_run_not_before=earliest_start(o),
    )


def _last(run: RetrainRun) -> LastRun:
    outcome = run.status.outcome.value if run.status.outcome else ""
    return LastRun(name=run.metadata.name, outcome=outcome, completion_time=run.status.completion_time)


def _conditions(o: Observed) -> Iterable[Condition]:
    yield _ready(o)
    yield _metric_available(o)
    yield _within_threshold(o)
    yield _retrain_succeeded(o)
    yield _condition(o, ConditionType.SERVING_UP_TO_DATE, *serving_verdict(o))
    hold = first_hold(o, PERMISSIONS)
    reason, message = (hold.reason, hold.message) if hold else (Reason.ALLOWED, "a breach now would start a run")
    reason = Reason.NOT_READY if first_hold(o, READINESS) else reason
    yield _condition(o, ConditionType.RETRAIN_ALLOWED, "False" if hold else "True", reason, message)
    if drift := drift_verdict(o):
        yield _condition(o, ConditionType.DRIFT_SUSPECTED, drift.status, drift.reason, drift.message)
    broken = first_hold(o, READINESS)
    if broken and broken.reason in BROKEN:
        yield _condition(o, ConditionType.STALLED, "True", broken.reason, broken.message)


def _condition(o: Observed, kind: ConditionType, status: Truth, reason: Reason | str, message: str) -> Condition:
    return Condition(
        type=kind,
        status=status,
        reason=str(reason),
        message=message,
        last_transition_time=o.now,
        observed_generation=o.monitor.metadata.generation,
    )


def _ready(o: Observed) -> Condition:
    hold = first_hold(o, READINESS)
    if hold:
        return _condition(o, ConditionType.READY, "False", hold.reason, hold.message)
    malformed = malformed_request(o.monitor.metadata)
    if malformed:
        return _condition(o, ConditionType.READY, "True", Reason.REQUEST_IGNORED, malformed)
    metric = o.monitor.spec.metric
    fallback = one_line(parse_query(metric.promql).fallback)
    if fallback:
        message = f"metric.query: where its series are missing, {fallback} has a value all the same, which counts as a "
        advice = "reading; without it, such a reading holds (NoData)"
        return _condition(o, ConditionType.READY, "True", Reason.ABSENCE_HIDDEN, message + advice)
    message = f"monitoring {metric.name} of {o.monitor.spec.serving.target_ref.name}, threshold {metric.threshold:.4g}"
    return _condition(o, ConditionType.READY, "True", Reason.MONITORING, message)


def _metric_available(o: Observed) -> Condition:
    newest = o.newest
    if newest is None:
        return _condition(o, ConditionType.METRIC_AVAILABLE, "Unknown", Reason.UNKNOWN, "no reading yet")
    status: Truth = "True" if isinstance(newest, Value) else "False"
    return _condition(o, ConditionType.METRIC_AVAILABLE, status, reason_of(newest), describe(newest))


def _within_threshold(o: Observed) -> Condition:
    metric, newest = o.monitor.spec.metric, o.newest
    old = find(o.monitor.status.conditions, ConditionType.WITHIN_THRESHOLD)
    if o.is_breached:
        reason = Reason.BELOW_THRESHOLD if metric.below else Reason.ABOVE_THRESHOLD
        return _condition(o, ConditionType.WITHIN_THRESHOLD, "False", reason, breach_message(o))
    if not isinstance(newest, Value):
        return old or _condition(o, ConditionType.WITHIN_THRESHOLD, "Unknown", Reason.UNKNOWN, breach_message(o))
    if old and old.status == "False" and not metric.is_recovered_by(newest.value):
        return old.model_copy(update={"message": breach_message(o)})
    if not o.readings and metric.is_breached_by(newest.value) and (old is None or old.status == "Unknown"):
        return _condition(o, ConditionType.WITHIN_THRESHOLD, "Unknown", Reason.UNKNOWN, breach_message(o))
    return _condition(o, ConditionType.WITHIN_THRESHOLD, "True", Reason.WITHIN, breach_message(o))


def _retrain_succeeded(o: Observed) -> Condition:
    last = o.last_run
    if last is None:
        return _condition(o, ConditionType.RETRAIN_SUCCEEDED, "Unknown", Reason.NO_RUN, "no run has finished yet")
    finished = find(last.status.conditions, ConditionType.FINISHED)
    reason = finished.reason if finished else Reason.UNKNOWN
    status: Truth = "True" if last.status.outcome is Outcome.PROMOTED else "False"
    message = f"{last.metadata.name}: {last.status.message or 'how it ended is not recorded'}"
    return _condition(o, ConditionType.RETRAIN_SUCCEEDED, status, reason, message)


def _metric(o: Observed) -> MetricStatus | None:
    newest = o.newest
    if newest is None:
        return None
    value, evidence = shown_value(newest), evidence_status(o)
    return MetricStatus(value=value, reading=reason_of(newest), time=newest.time, evidence=evidence)


def shown_value(reading: Reading) -> str | None:
    """Return a value as the status has it."""
    return f"{reading.value:.4f}" if isinstance(reading, Value) else None


def _served(o: Observed) -> ServedStatus | None:
    if o.served is None:
        return None
    run = o.served_by
    since = run.status.rolled_out_time if run else None
    name = run.metadata.name if run else None
    return ServedStatus(checkpoint=str(o.served), model=o.served.short, run=name, since=since)


_RUN_STATES = {
    "Shadowing": "Shadowing",
    "RollingOut": "RollingOut",
    "RollingBack": "RollingBack",
    "Verifying": "Verifying",
    "AwaitingApproval": "AwaitingApproval",
}


def display_state(o: Observed) -> str:
    """Return the State column."""
    hold = first_hold(o, PERMISSIONS)
    if o.active_run:
        stage = o.active_run.status.stage
        return _RUN_STATES.get(stage.value if stage else "", "Training")
    if o.is_breached and hold is None:
        return "Breached"
    states = {
        Reason.OVERRULED: "Overruled",
        Reason.TARGET_REPLACED: "Overruled",
        Reason.FIELD_CONFLICT: "Overruled",
        Reason.SUSPENDED: "Suspended",
        **dict.fromkeys((Reason.TARGET_HALTED, Reason.ROLLOUT_STUCK, Reason.NO_ROOM), "Halted"),
        Reason.METRIC_UNAVAILABLE: "Blind",
        Reason.GAVE_UP: "GaveUp",
        Reason.COOLING_DOWN: "CoolingDown",
        **dict.fromkeys(WAITING, "Breached" if o.is_breached else "Monitoring"),
        Reason.MODE_OBSERVE: "Breached" if o.is_breached else "Monitoring",
    }
    return states.get(hold.reason, "NotReady") if hold else "Monitoring"


QUOTING = (ConditionType.METRIC_AVAILABLE, ConditionType.WITHIN_THRESHOLD)
"""Conditions whose messages quote the value of a reading."""


def is_worth_writing(old: ModelMonitorStatus, new: ModelMonitorStatus, interval: timedelta = WRITE_EVERY) -> bool:
    """Return whether the new status says something that the old one doesn't; `interval` is that of the readings."""
    if _facts(old) != _facts(new):
        return True
    if old.metric and old.metric.time and new.metric and new.metric.time:
        is_due = new.metric.time - old.metric.time >= write_interval(interval)
        return is_due and (has_moved(old.metric.value, new.metric.value) or words(old) != words(new))
    return words(old) != words(new)


def status_after(old: ModelMonitorStatus, new: ModelMonitorStatus, interval: timedelta) -> ModelMonitorStatus:
    """Return the status that the API server has after a reconciliation: the new one where it is worth writing."""
    return new if is_worth_writing(old, new, interval) else old


def write_interval(interval: timedelta) -> timedelta:
    """Return the time after which numbers alone are worth a write again, by the time between two readings."""
    return min(WRITE_EVERY, READINGS_BETWEEN_WRITES * interval)


def _facts(status: ModelMonitorStatus) -> object:
    conditions = [(c.type, c.status, c.reason, c.observed_generation) for c in status.conditions]
    return (conditions, status.model_dump(exclude={"conditions", "metric"}), status.metric and status.metric.reading)


def has_moved(old: str | None, new: str | None) -> bool:
    """Return whether a value moved by so much that it is worth a write."""
    return old is not None and new is not None and abs(float(new) - float(old)) >= WORTH_A_WRITE


def words(status: ModelMonitorStatus) -> dict[str, str]:
    """Return the conditions' messages, but those that quote a value: these differ at each reading."""
    quoting = QUOTING if status.metric and status.metric.value else ()
    return {c.type: c.message for c in status.conditions if c.type not in quoting}
