"""The operator's own metrics, for its `/metrics`, as `contract` has them; those of each monitor are in `monitors`."""

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from refit_operator.api.run import Outcome, Stage
from refit_operator.observability.contract import BY_NAME

disable_created_metrics()  # type: ignore[no-untyped-call]
STAGE_BUCKETS = (1, 10, 30, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 72 * 3600)
"""Seconds: a rollout takes some, a training may take days."""


def _gauge(name: str) -> Gauge:
    return Gauge(name, BY_NAME[name].text, BY_NAME[name].labels)


def _counter(name: str) -> Counter:
    return Counter(name, BY_NAME[name].text, BY_NAME[name].labels)


def _histogram(name: str, buckets: tuple[float, ...] = Histogram.DEFAULT_BUCKETS) -> Histogram:
    return Histogram(name, BY_NAME[name].text, BY_NAME[name].labels, buckets=buckets)


LEADER = _gauge("refit_leader")
RECONCILE_TOTAL = _counter("refit_reconcile_total")
RECONCILE_SECONDS = _histogram("refit_reconcile_duration_seconds")
CONSECUTIVE_FAILURES = _gauge("refit_reconcile_consecutive_failures")
WORKQUEUE_DEPTH = _gauge("refit_workqueue_depth")
WORKQUEUE_OLDEST = _gauge("refit_workqueue_oldest_seconds")
WORKQUEUE_LATENESS = _gauge("refit_workqueue_lateness_seconds")
SWEPT = _counter("refit_swept_total")
WOKEN = _counter("refit_woken_total")
RUNS_FINISHED = _counter("refit_runs_finished_total")
STAGE_SECONDS = _histogram("refit_run_stage_duration_seconds", STAGE_BUCKETS)
for _outcome in Outcome:
    # Of a series that begins at 1, increase() sees no increase: the first run of each process would be in no panel.
    RUNS_FINISHED.labels(_outcome.value)
for _stage in Stage:
    if _stage not in (Stage.JUDGING, Stage.FINISHED):
        STAGE_SECONDS.labels(_stage.value)
RUNS_UNDER_WAY = _gauge("refit_runs_under_way")
RUNS_WAITING = _gauge("refit_runs_waiting")
QUERY_SECONDS = _histogram("refit_prometheus_query_duration_seconds")
QUERIES = _counter("refit_prometheus_queries_total")
CIRCUITS_OPEN = _gauge("refit_prometheus_circuits_open")
API_REQUESTS = _counter("refit_api_requests_total")
API_SECONDS = _histogram("refit_api_request_duration_seconds")
WATCH_OPENED = _gauge("refit_watch_opened_timestamp_seconds")
REPORTS = _counter("refit_progress_reports_total")
CONNECTIONS_REFUSED = _counter("refit_progress_connections_refused_total")
CERTIFICATE_EXPIRY = _gauge("refit_progress_certificate_expiry_timestamp_seconds")
NOTIFICATIONS = _counter("refit_notifications_total")
NOTIFICATIONS_WAITING = _gauge("refit_notifications_waiting")
AUDIT_WAITING = _gauge("refit_audit_documents_waiting")
TRACE_SPANS = _counter("refit_trace_spans_total")
CLOCK_AHEAD = _gauge("refit_clock_ahead_seconds")
CRD_OUTDATED = _gauge("refit_crd_outdated")
OVERLAPPING = _gauge("refit_overlapping_namespaces")


def show_failures(namespace: str, name: str, failures: int) -> None:
    """Export how many reconciliations failed in a row."""
    if failures:
        CONSECUTIVE_FAILURES.labels(namespace, name).set(failures)
    else:
        CONSECUTIVE_FAILURES.remove_by_labels({"namespace": namespace, "monitor": name})
