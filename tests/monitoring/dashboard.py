"""The Grafana dashboard: all monitors, one monitor, the operator."""

import json

from tests.monitoring.one_monitor import MONITOR, OF, ONE
from tests.monitoring.overview import ALL
from tests.monitoring.panels import SOURCE, Json, laid_out
from tests.monitoring.process import OPERATOR

STEP = "60s"
"""A change of a time is seen when it lasts so long; times that are closer are one marker."""


def marker(name: str, metric: str, color: str) -> Json:
    """Return markers at the times that are a metric's values. Grafana 10 reads `expr`, later ones `target`."""
    query = f"max by (namespace, monitor) ({metric}) * 1000"
    return {
        "name": name,
        "datasource": SOURCE,
        "enable": True,
        "iconColor": color,
        "expr": query,
        "target": {"refId": "Anno", "expr": query, "interval": STEP, "range": True, "instant": False},
        "useValueForTime": True,
        "titleFormat": name,
        "step": STEP,
    }


MARKERS = (
    marker("Promoted", f"refit_monitor_promotion_timestamp_seconds{ONE}", "green"),
    marker("Rolled back", f"refit_monitor_rollback_timestamp_seconds{ONE}", "red"),
    marker("Breach begins", f"refit_monitor_breach_start_timestamp_seconds{ONE}", "orange"),
    marker("Restored on request", f'refit_monitor_run_end_timestamp_seconds{{{OF},outcome="Restored"}}', "light-red"),
    marker(
        "Run refused or failed",
        f'refit_monitor_run_end_timestamp_seconds{{{OF},outcome=~"Rejected|Failed"}}',
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
    """Return the dashboard. Markers are of one monitor, and so only in the panels of its row."""
    panels = list(laid_out((ALL, MONITOR, OPERATOR)))
    first, after = (next(p["id"] for p in panels if p["title"] == row.title) for row in (MONITOR, OPERATOR))
    shown = {"exclude": False, "ids": [p["id"] for p in panels if first < p["id"] < after]}
    return {
        "uid": "refit",
        "title": "Refit",
        "description": "First what needs attention among all monitors, then one monitor, then the operator itself.",
        "tags": ["refit"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": [one | {"filter": shown} for one in MARKERS]},
        "templating": {"list": list(VARIABLES)},
        "panels": panels,
    }


def render() -> str:
    """Return it as JSON."""
    return json.dumps(dashboard(), indent=1) + "\n"
