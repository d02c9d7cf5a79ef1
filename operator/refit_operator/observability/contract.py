"""Every metric that the operator exports. Metrics are made from this table, and docs/reference/metrics.md is, too.

What has a row here keeps its name, its labels and its meaning from one minor version to the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The type that Prometheus knows a metric by."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Metric:
    """A metric by the name that queries use."""

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    """Those of its own; of a monitor's also its namespace and name."""

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its series."""
        ends = ("_bucket", "_sum", "_count") if self.kind is Kind.HISTOGRAM else ("",)
        return tuple(self.name + end for end in ends)


def _of_monitor(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"refit_monitor_{name}", Kind.GAUGE, text, ("namespace", "monitor", *labels))


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name, Kind.GAUGE, text, labels)


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"{name}_total", Kind.COUNTER, text, labels)


def _histogram(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"{name}_seconds", Kind.HISTOGRAM, text, labels)


MONITORS = (
    _of_monitor("value", "The last reading that was a value."),
    _of_monitor(
        "value_low", "Lower bound of the 95 % interval of that value; absent where its outcomes aren't counted."
    ),
    _of_monitor("value_high", "Upper bound of that interval."),
    _of_monitor("threshold", "metric.threshold."),
    _of_monitor("reading_timestamp_seconds", "The time of the newest reading, whether it was a value or not."),
    _of_monitor("interval_seconds", "The time between two readings."),
    _of_monitor(
        "evidence",
        "How strongly a ratio's outcomes said, when its monitor was last reconciled, that it is on the wrong side of "
        "its threshold; absent where none count.",
    ),
    _of_monitor("evidence_needed", "The evidence that makes a breach, by metric.falseRuns."),
    _of_monitor("breach", "The verdict: 1 in breach, 0 within the threshold; absent while it isn't known."),
    _of_monitor("breach_start_timestamp_seconds", "Since when it is in breach; absent where it isn't."),
    _of_monitor(
        "drift",
        "The last reading of spec.drift: drift of the inputs as a ratio of its limit; absent where it is no value.",
    ),
    _of_monitor("condition", "1 while True, 0 otherwise.", "condition"),
    _of_monitor("state", "1 for the word of the State column; the other words are absent.", "state"),
    _of_monitor(
        "hold",
        "1 for what keeps a breach from starting a run, the reason of RetrainAllowed; absent: nothing.",
        "reason",
    ),
    _of_monitor(
        "outdated",
        "1 while the target may not run the checkpoint that it should, the reason of ServingUpToDate; else absent.",
        "reason",
    ),
    _of_monitor(
        "run",
        "1 while a run is under way; the reason is that of its Trained condition until it is trained, then empty.",
        "stage",
        "reason",
    ),
    _of_monitor("runs", "Finished runs that are kept (historyLimit), by outcome.", "outcome"),
    _of_monitor(
        "runs_in_a_row",
        "How many of the newest finished runs ended alike; those that say nothing of retraining (Superseded, Aborted, "
        "Restored, Skipped) are left out.",
        "outcome",
    ),
    _of_monitor("run_end_timestamp_seconds", "When the newest run of an outcome ended.", "outcome"),
    _of_monitor("promotion_timestamp_seconds", "When every pod ran the checkpoint that was promoted last."),
    _of_monitor("rollback_timestamp_seconds", "When it was last decided to roll a promotion back."),
    _of_monitor(
        "promotion_confirmed",
        "1 where readings confirmed the newest run that ended Promoted, 0 where they could not; absent: no such run, "
        "or a requested rollback has undone it since.",
    ),
)
"""Series of each monitor. They go with it."""

OPERATOR = (
    _gauge("refit_leader", "1 while this process leads, 0 while it stands by."),
    _counter("refit_reconcile", "Reconciliations of a monitor and its runs, by result (success, error).", "result"),
    _histogram("refit_reconcile_duration", "Time that a reconciliation took."),
    _gauge(
        "refit_reconcile_consecutive_failures",
        "Reconciliations that failed in a row; absent where the last one succeeded.",
        "namespace",
        "monitor",
    ),
    _gauge("refit_workqueue_depth", "Monitors that are due and wait to be reconciled."),
    _gauge("refit_workqueue_oldest_seconds", "How long the first of them has been due; 0 where none waits."),
    _gauge(
        "refit_workqueue_lateness_seconds", "How long after it was due the last reconciliation had a slot and began."
    ),
    _counter("refit_swept", "Readings of monitors at rest that led to nothing."),
    _counter("refit_woken", "Readings of monitors at rest after which these were reconciled."),
    _counter("refit_runs_finished", "Runs that ended since the process started, by outcome.", "outcome"),
    _histogram(
        "refit_run_stage_duration",
        "Time that runs which ended were in a stage. Queued: until the Job was created. Training: the Job, with the "
        "judge. Shadowing: the candidate beside what serves. AwaitingApproval: since gate and shadow let it pass. "
        "RollingBack: until the old pointer served.",
        "stage",
    ),
    _gauge("refit_runs_under_way", "Runs that hold one of the places of REFIT_MAX_CONCURRENT_RUNS."),
    _gauge("refit_runs_waiting", "Runs that wait for such a place."),
    _histogram("refit_prometheus_query_duration", "Time that a query to Prometheus took."),
    _counter("refit_prometheus_queries", "Queries to Prometheus: Success, or how they failed.", "result"),
    _gauge("refit_prometheus_circuits_open", "Circuit breakers that are open: a server, as one namespace asks it."),
    _counter(
        "refit_api_requests",
        "Requests to the API server, watches aside, by verb, resource and status; status 0: no answer.",
        "verb",
        "resource",
        "code",
    ),
    _histogram("refit_api_request_duration", "Time until the API server answered.", "verb"),
    _gauge("refit_watch_opened_timestamp_seconds", "When the watch of a kind was last opened.", "kind"),
    _counter("refit_progress_reports", "Reports of training pods, by the status answered.", "status"),
    _counter("refit_progress_connections_refused", "Connections closed because too many were open."),
    _gauge(
        "refit_progress_certificate_expiry_timestamp_seconds", "When the certificate of the progress endpoint expires."
    ),
    _counter(
        "refit_notifications",
        "Notifications, by result: Sent, Refused (the receiver answered so), GivenUp (after a day), Deferred (too many "
        "wait).",
        "result",
    ),
    _gauge("refit_notifications_waiting", "Episodes whose notifications are being sent, or sent again later."),
    _gauge(
        "refit_audit_documents_waiting",
        "Audit documents of runs that ended, which aren't in REFIT_AUDIT_FOLDER yet; 0 where none are kept.",
    ),
    _counter(
        "refit_trace_spans",
        "Spans of runs' traces, by result: Sent, Failed (the collector didn't take them), Dropped (too many wait)."
        " None where traces are off.",
        "result",
    ),
    _gauge("refit_clock_ahead_seconds", "How far this host's clock is ahead of the API server's; negative: behind."),
    _gauge(
        "refit_crd_outdated",
        "1 while the API server's CRD is older than the operator, and drops or refuses what the operator writes; 0 "
        "while it isn't; absent: not known.",
        "crd",
    ),
    _gauge("refit_overlapping_namespaces", "Namespaces with monitors that another operator serves, too."),
)
"""Series of the process."""

BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in (*MONITORS, *OPERATOR)}
