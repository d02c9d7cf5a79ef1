"""The dashboard's third row: the operator's processes, and what they depend on."""

from tests.monitoring.overview import GREY, STAGES
from tests.monitoring.panels import Json, Panel, Query, Row, coloured, fixed, named

STAGE_TIMES = "sum by (le, stage) (increase(refit_run_stage_duration_seconds_bucket[$__range]))"
LEADS: Json = {
    "mappings": [
        {
            "type": "value",
            "options": {"0": {"text": "stands by", "color": GREY}, "1": {"text": "leads", "color": "green"}},
        }
    ]
}
RATE = "$__rate_interval"
TIMES = ((0.5, "light-blue"), (0.95, "blue"), (0.99, "dark-blue"))


def times(title: str, says: str, metric: str) -> Panel:
    """Return a panel with quantiles of a histogram."""
    rate = f"sum by (le) (rate({metric}_bucket[{RATE}]))"
    queries = tuple(Query(f"histogram_quantile({q}, {rate})", f"p{q * 100:.0f}") for q, _ in TIMES)
    colors = {f"p{q * 100:.0f}": color for q, color in TIMES}
    return Panel(title, says, queries, unit="s", height=6, defaults={"min": 0}, overrides=coloured(colors))


OPERATOR = Row(
    "Operator",
    (
        Panel(
            "Processes",
            "Which process leads; one that stands by takes over.",
            (Query("refit_leader", "{{instance}}"),),
            type="state-timeline",
            height=6,
            custom={"fillOpacity": 85, "lineWidth": 0},
            defaults=LEADS,
        ),
        Panel(
            "Reconciliations and readings",
            "Swept: readings of monitors at rest that led to nothing; reconciled: those that led to a reconciliation.",
            (
                Query(f"sum by (result) (rate(refit_reconcile_total[{RATE}]))", "{{result}}"),
                Query(f"sum(rate(refit_swept_total[{RATE}]))", "swept"),
                Query(f"sum(rate(refit_woken_total[{RATE}]))", "reconciled"),
            ),
            unit="ops",
            height=6,
            defaults={"min": 0},
            overrides=coloured({"success": "green", "error": "red", "swept": "blue", "reconciled": "yellow"}),
        ),
        times("Time of a reconciliation", "Quantiles.", "refit_reconcile_duration_seconds"),
        Panel(
            "Workqueue",
            "Monitors that are due and wait (left), how long the first has (right). Above 120 s RefitQueueOld fires.",
            (Query("sum(refit_workqueue_depth)", "waiting"), Query("max(refit_workqueue_oldest_seconds)", "oldest")),
            unit="none",
            height=6,
            defaults={"min": 0, "decimals": 0},
            overrides=(
                named("waiting", color=fixed("blue")),
                named("oldest", color=fixed("orange"), unit="s", custom__axisPlacement="right"),
            ),
        ),
        Panel(
            "Queries to Prometheus",
            "By result: Success, or how they failed.",
            (Query(f"sum by (result) (rate(refit_prometheus_queries_total[{RATE}]))", "{{result}}"),),
            unit="ops",
            height=6,
            defaults={"min": 0},
            overrides=(named("Success", color=fixed("green")),),
        ),
        times("Time of a query", "Quantiles, of queries to Prometheus.", "refit_prometheus_query_duration_seconds"),
        Panel(
            "Requests to the API server",
            "By status; 0 is no answer. Watches aside. 404 and 409 are part of normal service.",
            (Query(f"sum by (code) (rate(refit_api_requests_total[{RATE}]))", "{{code}}"),),
            unit="ops",
            height=6,
            defaults={"min": 0},
        ),
        times("Time of a request", "Quantiles, of requests to the API server.", "refit_api_request_duration_seconds"),
        Panel(
            "Places and breakers",
            "Runs that hold or wait for a place (REFIT_MAX_CONCURRENT_RUNS); circuit breakers that are open.",
            (
                Query("sum(refit_runs_under_way)", "under way"),
                Query("sum(refit_runs_waiting)", "waiting"),
                Query("sum(refit_prometheus_circuits_open)", "open breakers"),
            ),
            unit="none",
            height=6,
            defaults={"min": 0, "decimals": 0},
            overrides=coloured({"under way": "blue", "waiting": "orange", "open breakers": "red"}),
        ),
        Panel(
            "Stages of runs that ended",
            "Median time in each stage, of runs that ended in the time shown.",
            (Query(f"histogram_quantile(0.5, {STAGE_TIMES}) >= 0", "{{stage}}", instant=True),),
            type="bargauge",
            unit="s",
            width=12,
            height=6,
            empty="No run ended.",
            defaults={"min": 0},
            overrides=coloured(STAGES),
        ),
        Panel(
            "Memory",
            "Of each process of the operator.",
            (Query("process_resident_memory_bytes and on (instance) refit_leader", "{{instance}}"),),
            unit="bytes",
            width=12,
            height=6,
            defaults={"min": 0},
        ),
    ),
)
