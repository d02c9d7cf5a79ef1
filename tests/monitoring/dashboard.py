"""The Grafana dashboard: all monitors, one monitor, the operator."""

import json

from tests.monitoring.panels import SOURCE, Json, Panel, Query, Row, fixed, laid_out, named

ONE = '{namespace="$namespace",monitor="$monitor"}'
STATES = {"Monitoring": "green", "Breached": "red", "Blind": "orange", "NotReady": "orange", "GaveUp": "dark-red"}
MAPPED = [{"type": "value", "options": {word: {"color": color} for word, color in STATES.items()}}]
DASHED = {"fill": "dash", "dash": [8, 8]}


HELD = "refit_monitor_hold and on (namespace, monitor) refit_monitor_breach == 1"
AGE = f"(time() - refit_monitor_reading_timestamp_seconds{ONE}) / refit_monitor_interval_seconds{ONE}"
STAGES = "sum by (le, stage) (increase(refit_run_stage_duration_seconds_bucket[$__range]))"
BARS: Json = {"orientation": "horizontal", "reduceOptions": {"values": True, "calcs": []}}


def times(title: str, metric: str) -> Panel:
    """Return a panel with quantiles of a histogram."""
    rate = f"sum by (le) (rate({metric}_bucket[$__rate_interval]))"
    queries = tuple(Query(f"histogram_quantile({q}, {rate})", f"p{q * 100:.0f}") for q in (0.5, 0.95, 0.99))
    return Panel(title, "Quantiles.", queries, unit="s", height=6)


ALL = Row(
    "All monitors",
    (
        Panel(
            "Monitors by state",
            "The State column of kubectl get modelmonitors.",
            (Query("count by (state) (refit_monitor_state)", "{{state}}"),),
            width=10,
            custom={"drawStyle": "line", "fillOpacity": 40, "stacking": {"mode": "normal"}},
        ),
        Panel(
            "In breach",
            "Monitors whose metric is on the wrong side of the threshold.",
            (Query("sum(refit_monitor_breach) or vector(0)"),),
            type="stat",
            width=4,
        ),
        Panel(
            "Runs under way, by stage",
            "A run that waits for its pod is Queued.",
            (Query("count by (stage) (refit_monitor_run)", "{{stage}}"),),
            width=10,
            custom={"drawStyle": "line", "fillOpacity": 40, "stacking": {"mode": "normal"}},
        ),
        Panel(
            "What keeps a breach from starting a run",
            "Monitors in breach, by the reason of RetrainAllowed.",
            (Query(f"count by (reason) ({HELD})", "{{reason}}"),),
            width=12,
        ),
        Panel(
            "Runs that ended",
            "By outcome, in the time shown.",
            (Query("sum by (outcome) (increase(refit_runs_finished_total[$__range]))", "{{outcome}}", instant=True),),
            type="bargauge",
            width=12,
            options=BARS,
        ),
    ),
)
MONITOR = Row(
    "$namespace/$monitor",
    (
        Panel(
            "Metric",
            "Each reading with its 95 % interval, and the threshold.",
            (
                Query(f"refit_monitor_value{ONE}", "value"),
                Query(f"refit_monitor_value_low{ONE}", "low"),
                Query(f"refit_monitor_value_high{ONE}", "high"),
                Query(f"refit_monitor_threshold{ONE}", "threshold"),
            ),
            width=16,
            height=10,
            overrides=(
                named("value", color=fixed("blue"), custom__lineWidth=2),
                named("low", color=fixed("blue"), custom__lineWidth=0),
                named("high", color=fixed("blue"), custom__lineWidth=0, custom__fillBelowTo="low"),
                named("threshold", color=fixed("red"), custom__lineStyle=DASHED),
            ),
        ),
        Panel(
            "Evidence",
            "How strongly the outcomes say that the metric is on the wrong side, and what makes a breach.",
            (
                Query(f"refit_monitor_evidence{ONE}", "evidence"),
                Query(f"refit_monitor_evidence_needed{ONE}", "needed"),
            ),
            height=10,
            custom={"scaleDistribution": {"type": "log", "log": 10}},
            overrides=(named("needed", color=fixed("red"), custom__lineStyle=DASHED),),
        ),
        Panel(
            "State",
            "The State column, over time.",
            (Query(f"refit_monitor_state{ONE}", "{{state}}"),),
            type="state-timeline",
            width=12,
            height=6,
            defaults={"mappings": MAPPED},
        ),
        Panel(
            "Run under way",
            "Its stage, and what its pod waits for.",
            (Query(f"refit_monitor_run{ONE}", "{{stage}} {{reason}}"),),
            type="state-timeline",
            width=12,
            height=6,
        ),
        Panel(
            "Runs kept, by outcome",
            "Finished runs, as many as spec.historyLimit keeps.",
            (Query(f"refit_monitor_runs{ONE}", "{{outcome}}", instant=True),),
            type="bargauge",
            height=6,
            options=BARS,
        ),
        Panel(
            "Drift of the inputs",
            "By spec.drift: above 1 they are foreign to the model. Absent where the monitor has none.",
            (Query(f"refit_monitor_drift{ONE}", "ratio"),),
            height=6,
        ),
        Panel(
            "Age of the newest reading",
            "In intervals: about 1 while all is well.",
            (Query(AGE, "intervals"),),
            height=6,
        ),
    ),
)
OPERATOR = Row(
    "Operator",
    (
        Panel(
            "Processes",
            "1 leads, 0 stands by.",
            (Query("refit_leader", "{{instance}}"),),
            type="state-timeline",
            height=6,
        ),
        Panel(
            "Reconciliations and readings",
            "Swept: readings of monitors at rest that led to nothing.",
            (
                Query("sum by (result) (rate(refit_reconcile_total[$__rate_interval]))", "reconciled: {{result}}"),
                Query("sum(rate(refit_swept_total[$__rate_interval]))", "swept"),
                Query("sum(rate(refit_woken_total[$__rate_interval]))", "swept, then reconciled"),
            ),
            unit="ops",
            height=6,
        ),
        times("Time of a reconciliation", "refit_reconcile_duration_seconds"),
        Panel(
            "Workqueue",
            "Monitors that are due and wait, and how long the first has.",
            (Query("sum(refit_workqueue_depth)", "waiting"), Query("max(refit_workqueue_oldest_seconds)", "oldest, s")),
            height=6,
        ),
        Panel(
            "Queries to Prometheus",
            "By result: Success, or how they failed.",
            (Query("sum by (result) (rate(refit_prometheus_queries_total[$__rate_interval]))", "{{result}}"),),
            unit="ops",
            height=6,
        ),
        times("Time of a query", "refit_prometheus_query_duration_seconds"),
        Panel(
            "Requests to the API server",
            "By verb and status; 0 is no answer. Watches aside.",
            (Query("sum by (verb, code) (rate(refit_api_requests_total[$__rate_interval]))", "{{verb}} {{code}}"),),
            unit="ops",
            height=6,
        ),
        times("Time of such a request", "refit_api_request_duration_seconds"),
        Panel(
            "Places and breakers",
            "Runs that hold or wait for a place, where a limit is set; circuit breakers that are open.",
            (
                Query("sum(refit_runs_under_way)", "under way"),
                Query("sum(refit_runs_waiting)", "waiting"),
                Query("sum(refit_prometheus_circuits_open)", "open circuits"),
            ),
            height=6,
        ),
        Panel(
            "Stages of runs that ended",
            "Median time in each stage, of runs that ended in the time shown.",
            (Query(f"histogram_quantile(0.5, {STAGES})", "{{stage}}", instant=True),),
            type="bargauge",
            unit="s",
            width=12,
            height=6,
            options=BARS,
        ),
        Panel(
            "Memory",
            "Of each process of the operator.",
            (Query("process_resident_memory_bytes and on (instance) refit_leader", "{{instance}}"),),
            unit="bytes",
            width=12,
            height=6,
        ),
    ),
)


def marker(name: str, metric: str, color: str) -> Json:
    """Return markers at the times that are a metric's values."""
    return {
        "name": name,
        "datasource": SOURCE,
        "enable": True,
        "iconColor": color,
        "expr": f"{metric} * 1000",
        "useValueForTime": True,
        "titleFormat": name,
        "step": "60s",
    }


MARKERS = (
    marker("Promoted", f"refit_monitor_promotion_timestamp_seconds{ONE}", "green"),
    marker("Rolled back", f"refit_monitor_rollback_timestamp_seconds{ONE}", "red"),
    marker("Breach begins", f"refit_monitor_breach_start_timestamp_seconds{ONE}", "orange"),
    marker(
        "Run refused or failed",
        'refit_monitor_run_end_timestamp_seconds{namespace="$namespace",monitor="$monitor",outcome=~"Rejected|Failed"}',
        "purple",
    ),
)


def variable(name: str, query: str) -> Json:
    """Return a variable whose values are those of a label."""
    asked = {"query": query, "refId": name}
    return {
        "type": "query",
        "name": name,
        "datasource": SOURCE,
        "query": asked,
        "definition": query,
        "refresh": 2,
        "sort": 1,
    }


VARIABLES = (
    {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus"},
    variable("namespace", "label_values(refit_monitor_state, namespace)"),
    variable("monitor", 'label_values(refit_monitor_state{namespace="$namespace"}, monitor)'),
)


def dashboard() -> Json:
    """Return the dashboard."""
    return {
        "uid": "refit",
        "title": "Refit",
        "tags": ["refit"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": list(MARKERS)},
        "templating": {"list": list(VARIABLES)},
        "panels": list(laid_out((ALL, MONITOR, OPERATOR))),
    }


def render() -> str:
    """Return it as JSON."""
    return json.dumps(dashboard(), indent=1) + "\n"
