"""What happens next and when, in a sentence: by the first check that holds. Pure."""

from datetime import datetime, timedelta

from refit_cli.answers import Answer
from refit_cli.metric import interval_of
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Stage
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.history import earliest_start
from refit_operator.prometheus.rules.promql import QueryInvalid
from refit_operator.prometheus.rules.window import INGESTION_DELAY

TO_DO = {
    Reason.QUERY_REFUSED: "Correct the query; `kubectl refit lint` says the same before it is applied.",
    Reason.SOURCE_FORBIDDEN: "An administrator allows the server or the Secret: docs/how-to/prometheus-credentials.md.",
    Reason.SECRET_MISSING: "Create the Secret or the key.",
    Reason.TARGET_NOT_SERVED: "Install what serves that kind; the monitor is then taken up by itself.",
    Reason.TARGET_MISSING: "Create the target, or correct serving.targetRef.",
    Reason.TARGET_CLAIMED: "Delete one of the two monitors.",
    Reason.TARGET_NOT_WIRED: "Add to the target what the message says.",
    Reason.INVALID_SPEC: "Correct the spec.",
    Reason.TARGET_REPLACED: "To go on from the pointer that is there: kubectl refit take {name}",
    Reason.OVERRULED: "To go on from the pointer that is there: kubectl refit take {name}",
    Reason.FIELD_CONFLICT: "To go on from the pointer that is there: kubectl refit take {name}",
    Reason.NOTHING_TO_ROLL_BACK: "kubectl annotate mmon/{name} refit.dev/rollback-requested-at-",
    Reason.SUSPENDED: "To start runs again: kubectl refit resume {name}",
    Reason.MODE_OBSERVE: "Nothing is started in this mode; spec.mode Approve or Auto does.",
    Reason.RUN_ACTIVE: "What it does: kubectl refit why {run}",
    Reason.TARGET_HALTED: "It goes on by itself once the target can roll out.",
    Reason.ROLLOUT_STUCK: "Repair the rollout. A requested run starts all the same: kubectl refit retrain {name}",
    Reason.NO_ROOM: "Raise the quota by one pod, or allow maxUnavailable 1.",
    Reason.POD_SILENT: "Read the pod's log.",
    Reason.GAVE_UP: "Change the spec, or request a run: kubectl refit retrain {name}",
    Reason.MASS_BREACH: "Check the Prometheus server and its metrics; it goes on by itself.",
    Reason.GUARD_FAILED: "It goes on by itself once the guard holds.",
}


def next_reading(o: Observed) -> datetime | None:
    """Return when the next reading is; None where the operator hasn't read yet."""
    metric = o.monitor.status.metric
    if metric is None or metric.time is None:
        return None
    try:
        interval = interval_of(o.monitor.spec.metric)
    except QueryInvalid:
        return None
    delay = min(INGESTION_DELAY, interval / 4)
    steps = max(0, (o.now - delay - metric.time) // interval) + 1
    return metric.time + steps * interval + delay


def next_step(o: Observed, hold: Answer | None) -> str:
    """Return what happens next."""
    if hold is None:
        return f"A run starts{_at(o, next_reading(o)) or ' at the next reconciliation'}."
    if hold.reason in (Reason.COOLING_DOWN, Reason.BUDGET_SPENT):
        return f"The next run may start{_at(o, earliest_start(o))}, if the metric is in breach then."
    if hold.reason in (Reason.WITHIN, Reason.METRIC_UNAVAILABLE):
        return f"The next reading is{_at(o, next_reading(o)) or ' due'}."
    if hold.reason is Reason.ROLLBACK_REQUESTED:
        return "The rollback starts at the next reconciliation."
    run = o.active_run.metadata.name if o.active_run else ""
    if hold.reason is Reason.RUN_ACTIVE and o.active_run and o.active_run.status.stage is Stage.AWAITING_APPROVAL:
        return f"It waits for approval: kubectl refit approve {run}, or kubectl refit reject {run}"
    return TO_DO.get(hold.reason, "").format(name=o.monitor.metadata.name, run=run)


def _at(o: Observed, time: datetime | None) -> str:
    if time is None:
        return ""
    left = max(timedelta(0), time - o.now)
    shown = f"{time:%H:%M:%S}" if time.date() == o.now.date() else f"{time:%Y-%m-%d %H:%M}"
    return f" at {shown} UTC, in {_span(left)}"


def _span(left: timedelta) -> str:
    seconds = round(left.total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if seconds >= 120 else f"{seconds} s"
