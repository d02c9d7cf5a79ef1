"""The operator's own metrics, for its `/metrics`; those of each monitor are in `monitors`."""

from prometheus_client import Counter, Gauge, Histogram

RECONCILE_TOTAL = Counter("refit_reconcile", "Reconciliations of a monitor and its runs, by result.", ["result"])
RECONCILE_SECONDS = Histogram("refit_reconcile_duration_seconds", "Time that a reconciliation took.")
CONSECUTIVE_FAILURES = Gauge(
    "refit_reconcile_consecutive_failures",
    "Reconciliations that failed in a row; absent where the last one succeeded.",
    ["namespace", "monitor"],
)
SWEPT = Counter("refit_swept", "Readings of monitors at rest that led to nothing.")
WOKEN = Counter("refit_woken", "Readings of monitors at rest after which these were reconciled.")
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
OVERLAPPING = Gauge("refit_overlapping_namespaces", "Namespaces with monitors that another operator serves, too.")
LEADER = Gauge("refit_leader", "1 while this process leads, 0 while it stands by.")
WATCH_OPENED = Gauge("refit_watch_opened_timestamp_seconds", "When the watch of a kind was last opened.", ["kind"])


def show_failures(namespace: str, name: str, failures: int) -> None:
    """Export how many reconciliations failed in a row."""
    if failures:
        CONSECUTIVE_FAILURES.labels(namespace, name).set(failures)
    else:
        CONSECUTIVE_FAILURES.remove_by_labels({"namespace": namespace, "monitor": name})
