"""The operator's own metrics, for its `/metrics`."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.monitor import ModelMonitorStatus

VALUE = Gauge("refit_monitor_value", "The last reading that was a value.", ["namespace", "monitor"])
EVIDENCE = Gauge(
    "refit_monitor_evidence",
    "How strongly a ratio's outcomes say that it is on the wrong side of its threshold; absent where none count.",
    ["namespace", "monitor"],
)
EVIDENCE_NEEDED = Gauge(
    "refit_monitor_evidence_needed", "The evidence that makes a breach, by metric.falseRuns.", ["namespace", "monitor"]
)
DRIFT = Gauge(
    "refit_monitor_drift",
    "The last reading of spec.drift: drift of the inputs as a ratio of its limit; absent where it is no value.",
    ["namespace", "monitor"],
)
CONDITION = Gauge("refit_monitor_condition", "1 while True, 0 otherwise.", ["namespace", "monitor", "condition"])
RECONCILE_TOTAL = Counter("refit_reconcile", "Reconciliations of a monitor and its runs, by result.", ["result"])
RECONCILE_SECONDS = Histogram("refit_reconcile_duration_seconds", "Time that a reconciliation took.")
CONSECUTIVE_FAILURES = Gauge(
    "refit_reconcile_consecutive_failures",
    "Reconciliations that failed in a row; absent where the last one succeeded.",
    ["namespace", "monitor"],
)
WORKQUEUE_LATENESS = Gauge(
    "refit_workqueue_lateness_seconds", "How long after it was due the last reconciliation had a slot and began."
)
QUERY_SECONDS = Histogram("refit_prometheus_query_duration_seconds", "Time that a query to Prometheus took.")
REPORTS = Counter("refit_progress_reports_total", "Reports of training pods, by the status answered.", ["status"])
CONNECTIONS_REFUSED = Counter(
    "refit_progress_connections_refused_total", "Connections closed because too many were open."
)
CLOCK_AHEAD = Gauge(
    "refit_clock_ahead_seconds", "How far this host's clock is ahead of the API server's; negative: behind."
)
LEADER = Gauge("refit_leader", "1 while this process leads, 0 while it stands by.")
WATCH_OPENED = Gauge("refit_watch_opened_timestamp_seconds", "When the watch of a kind was last opened.", ["kind"])


def show_monitor(namespace: str, name: str, status: ModelMonitorStatus) -> None:
    """Export a monitor's newest status."""
    if status.metric and status.metric.value is not None:
        VALUE.labels(namespace, name).set(float(status.metric.value))
    evidence = status.metric.evidence if status.metric else None
    if evidence:
        EVIDENCE.labels(namespace, name).set(float(evidence.statistic))
        EVIDENCE_NEEDED.labels(namespace, name).set(float(evidence.needed))
    else:
        _remove((EVIDENCE, EVIDENCE_NEEDED), namespace, name)
    for kind in ConditionType:
        condition = find(status.conditions, kind)
        if condition:
            CONDITION.labels(namespace, name, kind).set(condition.status == "True")
        else:
            CONDITION.remove_by_labels({"namespace": namespace, "monitor": name, "condition": kind})


def show_drift(namespace: str, name: str, ratio: float | None) -> None:
    """Export the drift of a monitor's inputs."""
    if ratio is None:
        _remove((DRIFT,), namespace, name)
    else:
        DRIFT.labels(namespace, name).set(ratio)


def forget_monitor(namespace: str, name: str) -> None:
    """Drop the series of a monitor that is gone."""
    _remove((VALUE, EVIDENCE, EVIDENCE_NEEDED, DRIFT, CONDITION), namespace, name)


def _remove(gauges: Iterable[Gauge], namespace: str, name: str) -> None:
    for gauge in gauges:
        gauge.remove_by_labels({"namespace": namespace, "monitor": name})


def show_failures(namespace: str, name: str, failures: int) -> None:
    """Export how many reconciliations failed in a row."""
    if failures:
        CONSECUTIVE_FAILURES.labels(namespace, name).set(failures)
    else:
        CONSECUTIVE_FAILURES.remove_by_labels({"namespace": namespace, "monitor": name})
