"""For each alert series over time, a moment at which it is quiet, and one at which it fires, with its labels.

A further case of an alert has the alert's name, a colon, and what is special about it.
"""

from dataclasses import dataclass

OPERATOR = {"namespace": "refit-system", "job": "refit-operator", "instance": "a"}
REVIEWS = {"namespace": "shop", "monitor": "reviews", "instance": "a"}


@dataclass(frozen=True)
class Case:
    """Series by name and own labels, as promtool has them: a value a minute, `axn` is n more of a, `_` no value."""

    series: dict[str, str]
    quiet: str
    fires: str
    labels: dict[str, str]
    """Of the series, and of the alert beside its severity."""
    drops: tuple[str, ...] = ()
    """Labels of the series that the alert doesn't have."""

    @property
    def alerted(self) -> dict[str, str]:
        """The alert's labels."""
        return {name: value for name, value in self.labels.items() if name not in self.drops}


def of_operator(series: dict[str, str], quiet: str, fires: str, *drops: str, **labels: str) -> Case:
    """Return a case of the operator's series."""
    return Case(series, quiet, fires, OPERATOR | labels, drops)


def of_monitor(series: dict[str, str], quiet: str, fires: str, *drops: str, **labels: str) -> Case:
    """Return a case of a monitor's series."""
    return Case(series, quiet, fires, REVIEWS | labels, drops)


BY_INSTANCE = ("namespace", "job")
BUT_INSTANCE = ("namespace", "monitor")
READ = "refit_monitor_reading_timestamp_seconds"
EVERY = "refit_monitor_interval_seconds"
LEADS, WATCHES = "refit_leader", 'refit_watch_opened_timestamp_seconds{kind="modelmonitors"}'
READY = "refit_monitor_condition"
STARTED = "process_start_time_seconds"
BREACH = "refit_monitor_breach"
CASES = {
    "RefitOperatorDown": of_operator({"refit_leader": "0 1x3 _x20"}, "12m", "16m", *OPERATOR),
    "RefitNoLeader": of_operator({"refit_leader": "1x5 0x20"}, "8m", "12m", "instance"),
    "RefitOperatorRestarts": of_operator(
        {"process_start_time_seconds": "100x10 800 1000x3 _x2 1500x60", "refit_leader": "1x20 _x2 1x60"}, "13m", "18m"
    ),
    "RefitOperatorSilent": Case(
        {READ: "0x60", EVERY: "300x60", LEADS: "1x60", WATCHES: "0x60"}, "22m", "27m", REVIEWS, BUT_INSTANCE
    ),
    "RefitOperatorSilent: nothing was ever read": Case(
        {READ: "0x20 _x40", EVERY: "300x60", LEADS: "1x60", WATCHES: "0x60"}, "20m", "27m", REVIEWS, BUT_INSTANCE
    ),
    "RefitOperatorSilent: no monitor is known": Case(
        {LEADS: "1x60", WATCHES: "0x20 _x40"}, "29m", "33m", REVIEWS, BUT_INSTANCE
    ),
    "RefitOperatorSilent: there is no monitor, and then one that is never read": Case(
        {LEADS: "1x60", WATCHES: "0x60", EVERY: "_x30 300x30"}, "33m", "37m", REVIEWS, BUT_INSTANCE
    ),
    "RefitOperatorSilent: another monitor was never read": Case(
        {
            READ: "0x60",
            EVERY: "300x60",
            f'{READY}{{condition="Ready"}}': "1x60",
            f'{EVERY}{{monitor="unread"}}': "300x60",
            f'{READY}{{condition="Ready",monitor="unread"}}': "1x60",
        },
        "22m",
        "27m",
        REVIEWS,
        BUT_INSTANCE,
    ),
    "RefitOperatorSilent: another monitor isn't ready": Case(
        {
            f'{READ}{{monitor="mistyped"}}': "0x90",
            f'{EVERY}{{monitor="mistyped"}}': "300x90",
            f'{READY}{{condition="Ready",monitor="mistyped"}}': "0x90",
            READ: "_x30 1800x60",
            EVERY: "_x30 300x60",
            f'{READY}{{condition="Ready"}}': "_x30 1x60",
        },
        "29m",
        "58m",
        REVIEWS,
        BUT_INSTANCE,
    ),
    "RefitClockWrong": of_operator({"refit_clock_ahead_seconds": "-2x5 -86400x20"}, "7m", "9m"),
    "RefitReconcileFails": of_monitor({"refit_reconcile_consecutive_failures": "4x5 5x20"}, "8m", "12m"),
    "RefitQueueOld": of_operator({"refit_workqueue_oldest_seconds": "100x5 200x20"}, "12m", "17m"),
    "RefitWritesFail": of_operator(
        {
            'refit_api_requests_total{verb="create",resource="jobs",code="201"}': "0+30x60",
            'refit_api_requests_total{verb="create",resource="jobs",code="403"}': "0x20 0+20x40",
            'refit_api_requests_total{verb="list",resource="jobs",code="403"}': "0+90x60",
        },
        "20m",
        "50m",
        *BY_INSTANCE,
        verb="create",
        resource="jobs",
    ),
    "RefitQueriesFail": of_operator(
        {
            'refit_prometheus_queries_total{result="Success"}': "0+10x60",
            'refit_prometheus_queries_total{result="BadQuery"}': "0+10x60",
            'refit_prometheus_queries_total{result="Timeout"}': "0x20 0+90x40",
        },
        "20m",
        "50m",
        *BY_INSTANCE,
    ),
    "RefitCircuitOpen": of_operator({"refit_prometheus_circuits_open": "0x5 1x20"}, "8m", "12m"),
    "RefitMassBreach": of_monitor(
        {'refit_monitor_hold{reason="CoolingDown"}': "1x5 _x20", 'refit_monitor_hold{reason="MassBreach"}': "_x5 1x20"},
        "8m",
        "13m",
        "namespace",
        "monitor",
    ),
    "RefitNamespacesOverlap": of_operator({"refit_overlapping_namespaces": "0x5 3x30"}, "18m", "22m"),
    "RefitCrdOutdated": of_operator(
        {'refit_crd_outdated{crd="retrainruns.refit.dev"}': "0x5 1x30"}, "18m", "22m", crd="retrainruns.refit.dev"
    ),
    "RefitAuditNotWritten": of_operator({"refit_audit_documents_waiting": "0x5 2x30"}, "18m", "22m"),
    "RefitCertificateExpires": of_operator(
        {"refit_progress_certificate_expiry_timestamp_seconds": "0x60 9999999999x60 1000000x90"}, "130m", "190m"
    ),
    "RefitNotReady": of_monitor(
        {
            'refit_monitor_condition{condition="Ready"}': "1x5 0x30",
            'refit_monitor_condition{condition="Stalled"}': "0x35",
        },
        "18m",
        "22m",
        condition="Ready",
    ),
    "RefitReadingsFail": of_monitor(
        {'refit_monitor_condition{condition="MetricAvailable"}': "1x5 0x60"}, "32m", "37m", condition="MetricAvailable"
    ),
    "RefitReadingOverdue": of_monitor({READ: "0x60", EVERY: "300x60"}, "22m", "27m"),
    "RefitReadingOverdue: a process that never read it": of_monitor(
        {f'{READ}{{monitor="other"}}': "0+60x60", f'{EVERY}{{monitor="other"}}': "300x60", EVERY: "300x60"}
        | {STARTED: "0x60", f'{STARTED}{{instance="b"}}': "0x60"},
        "22m",
        "27m",
    ),
    "RefitReadingOverdue: processes of two clusters with the same address": of_monitor(
        {EVERY: "300x60", f'{STARTED}{{cluster="x"}}': "0x60", f'{STARTED}{{cluster="y"}}': "0x60"}, "22m", "27m"
    ),
    "RefitReadingOverdue: a monitor that is new": of_monitor(
        {EVERY: "_x40 300x60", READ: "_x42 2520x60", STARTED: "0x100"}, "41m", "68m"
    ),
    "RefitReadingOverdue: not while it isn't ready": of_monitor(
        {READ: "0x60", EVERY: "300x60", f'{READY}{{condition="Ready"}}': "0x40 1x20"}, "39m", "48m"
    ),
    "RefitBreachHeld": of_monitor(
        {
            BREACH: "0x10 1x300",
            'refit_monitor_hold{reason="CoolingDown"}': "1x60 _x250",
            'refit_monitor_hold{reason="BudgetSpent"}': "_x60 1x250",
        },
        "170m",
        "190m",
        reason="BudgetSpent",
    ),
    "RefitBreachObserved": of_monitor(
        {BREACH: "0x5 1x60", 'refit_monitor_hold{reason="ModeObserve"}': "1x60"},
        "18m",
        "22m",
        reason="ModeObserve",
    ),
    "RefitGaveUp": of_monitor({'refit_monitor_hold{reason="GaveUp"}': "_x5 1x20"}, "4m", "7m", reason="GaveUp"),
    "RefitRunsFail": of_monitor(
        {'refit_monitor_runs_in_a_row{outcome="Failed"}': "1x5 2x20"}, "4m", "7m", outcome="Failed"
    ),
    "RefitCandidatesRefused": of_monitor(
        {'refit_monitor_runs_in_a_row{outcome="Rejected"}': "2x5 3x20"}, "4m", "7m", outcome="Rejected"
    ),
    "RefitRunPending": of_monitor(
        {
            'refit_monitor_run{stage="Queued",reason="Pending"}': "1x5 _x40",
            'refit_monitor_run{stage="Queued",reason="ImageNotPulled"}': "_x5 1x10 _x30",
            'refit_monitor_run{stage="Queued",reason="ContainerNotStarted"}': "_x15 1x30",
        },
        "18m",
        "24m",
        "instance",
    ),
    "RefitApprovalAwaited": of_monitor(
        {'refit_monitor_run{stage="AwaitingApproval",reason=""}': "_x5 1x300"},
        "230m",
        "250m",
        stage="AwaitingApproval",
    ),
    "RefitRolledBack": of_monitor({"refit_monitor_rollback_timestamp_seconds": "_x5 300x120"}, "70m", "10m"),
    "RefitRollbackStuck": of_monitor(
        {'refit_monitor_run{stage="RollingBack",reason=""}': "_x5 1x40"}, "18m", "22m", "instance"
    ),
    "RefitRollbackStuck: the run gave it up": of_monitor(
        {
            'refit_monitor_run{stage="RollingBack",reason=""}': "_x5 1x10 _x40",
            'refit_monitor_outdated{reason="Overruled"}': "1x15 _x40",
            'refit_monitor_outdated{reason="RollbackBlocked"}': "_x15 1x40",
        },
        "18m",
        "23m",
        "instance",
    ),
    "RefitPromotionUnconfirmed": of_monitor(
        {
            "refit_monitor_promotion_confirmed": "1x5 0x30",
            'refit_monitor_run_end_timestamp_seconds{outcome="Promoted"}': "300x35",
        },
        "4m",
        "8m",
    ),
    "RefitPointerOverruled": of_monitor(
        {
            'refit_monitor_outdated{reason="RollbackBlocked"}': "1x5 _x30",
            'refit_monitor_outdated{reason="Overruled"}': "_x5 1x30",
        },
        "12m",
        "17m",
        reason="Overruled",
    ),
    "RefitDriftSuspected": of_monitor(
        {'refit_monitor_condition{condition="DriftSuspected"}': "0x5 1x20"}, "4m", "7m", condition="DriftSuspected"
    ),
}
