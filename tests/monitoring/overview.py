"""The dashboard's first row: all monitors, those first that somebody has to look at."""

from tests.monitoring.panels import Json, Panel, Query, Row, coloured, limits, named

GREY = "#8e8e8e"
STATES = {
    "Monitoring": "green",
    "Training": "blue",
    "Shadowing": "light-blue",
    "AwaitingApproval": "yellow",
    "RollingOut": "super-light-blue",
    "Verifying": "dark-blue",
    "CoolingDown": "light-green",
    "Breached": "red",
    "GaveUp": "dark-red",
    "RollingBack": "light-red",
    "Blind": "orange",
    "NotReady": "super-light-orange",
    "Halted": "light-orange",
    "Overruled": "purple",
    "Suspended": GREY,
}
"""The words of the State column."""
STAGES = {
    "Queued": GREY,
    "Training": "blue",
    "Judging": "light-blue",
    "Shadowing": "super-light-blue",
    "AwaitingApproval": "yellow",
    "RollingOut": "light-green",
    "Verifying": "green",
    "RollingBack": "red",
}
OUTCOMES = {
    "Promoted": "green",
    "Rejected": "orange",
    "RolledBack": "red",
    "Failed": "dark-red",
    "Aborted": "purple",
    "Restored": "light-purple",
    "Superseded": GREY,
    "Skipped": "#b0b0b0",
}
AT_WORK = "Monitoring|Training|Shadowing|RollingOut|Verifying|CoolingDown|Suspended"
"""States in which nobody is asked for anything: Suspended is somebody's choice."""
STACKED: Json = {
    "drawStyle": "line",
    "lineInterpolation": "stepAfter",
    "fillOpacity": 40,
    "stacking": {"mode": "normal"},
}
EACH = "max by (namespace, monitor)"
WAIT = f'max by (namespace, monitor, state) (refit_monitor_state{{state!~"{AT_WORK}"}})'
HELD = "refit_monitor_hold and on (namespace, monitor) refit_monitor_breach == 1"
OVERDUE = "refit_monitor_reading_timestamp_seconds + 3 * refit_monitor_interval_seconds + 300 < time()"
COLUMNS = {
    "namespace": "Namespace",
    "monitor": "Monitor",
    "state": "State",
    "Value #B": "Metric",
    "Value #C": "Threshold",
    "Value #D": "In breach for",
}
TO_MONITOR: Json = {
    "title": "Show this monitor",
    "url": "/d/refit?var-namespace=${__data.fields.Namespace}&var-monitor=${__data.fields.Monitor}&${__url_time_range}",
}


def number(title: str, says: str, query: str, colors: Json) -> Panel:
    """Return a panel with one number, whose colour says whether it is as it should be."""
    return Panel(title, says, (Query(query, title),), type="stat", unit="none", width=4, height=4, defaults=colors)


def _of_those(metric: str) -> str:
    return f"{EACH} ({metric}) and on (namespace, monitor) {WAIT}"


def _shown_as_words() -> Json:
    words = {state: {"text": state, "color": color} for state, color in STATES.items()}
    return {"mappings": [{"type": "value", "options": words}]}


NUMBERS = (
    number(
        "Need attention",
        "Monitors that wait for somebody. They are in the table below.",
        f"count({WAIT}) or vector(0)",
        limits("green", (1, "red")),
    ),
    number(
        "In breach",
        "Monitors whose metric is on the wrong side of the threshold, also those that are being retrained.",
        f"count({EACH} (refit_monitor_breach) == 1) or vector(0)",
        limits("green", (1, "orange")),
    ),
    number(
        "Not watched",
        "Monitors that are Blind, NotReady or Halted: a breach would not be seen, or could not be answered.",
        f'count({EACH} (refit_monitor_state{{state=~"Blind|NotReady|Halted"}})) or vector(0)',
        limits("green", (1, "orange")),
    ),
    number(
        "Reading overdue",
        "Ready monitors whose newest reading is older than three intervals and five minutes.",
        f'count({EACH} ({OVERDUE}) unless on (namespace, monitor) refit_monitor_condition{{condition="Ready"}} == 0)'
        " or vector(0)",
        limits("green", (1, "orange")),
    ),
    number(
        "Approval awaited",
        "Runs that wait for spec.approval.",
        'count(refit_monitor_run{stage="AwaitingApproval"}) or vector(0)',
        limits("green", (1, "yellow")),
    ),
    number(
        "Leaders",
        "Processes of the operator that lead: one for each operator. 0: nothing is watched.",
        "sum(refit_leader) or vector(0)",
        limits("red", (1, "green")),
    ),
)
ALL = Row(
    "All monitors",
    (
        *NUMBERS,
        Panel(
            "Monitors that need attention",
            f"Those in any other state than {AT_WORK.replace('|', ', ')}. A name leads to its monitor below.",
            (
                Query(WAIT, instant=True),
                Query(_of_those("refit_monitor_value"), instant=True),
                Query(_of_those("refit_monitor_threshold"), instant=True),
                Query(f"time() - {_of_those('refit_monitor_breach_start_timestamp_seconds')}", instant=True),
            ),
            type="table",
            empty="None: every monitor watches, trains, cools down after a run, or is suspended.",
            width=12,
            custom={"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False},
            overrides=(
                named("Monitor", links=[TO_MONITOR]),
                named("State", custom__cellOptions={"type": "color-text"}, **_shown_as_words()),
                named("In breach for", unit="s"),
            ),
            transformations=(
                {"id": "merge", "options": {}},
                {
                    "id": "organize",
                    "options": {
                        "excludeByName": {"Time": True, "Value #A": True},
                        "indexByName": {name: index for index, name in enumerate(COLUMNS)},
                        "renameByName": COLUMNS,
                    },
                },
            ),
        ),
        Panel(
            "Monitors by state",
            "The State column of kubectl get modelmonitors.",
            (Query("count by (state) (refit_monitor_state)", "{{state}}"),),
            unit="none",
            width=12,
            custom=STACKED,
            defaults={"decimals": 0, "min": 0},
            overrides=coloured(STATES),
        ),
        Panel(
            "Runs under way, by stage",
            "A run that waits for its pod, a place or a queue is Queued.",
            (Query("count by (stage) (refit_monitor_run)", "{{stage}}"),),
            unit="none",
            empty="No run was under way.",
            custom=STACKED,
            defaults={"decimals": 0, "min": 0},
            overrides=coloured(STAGES),
        ),
        Panel(
            "What keeps a breach from starting a run",
            "Monitors in breach, by the reason of RetrainAllowed. RunActive: one is under way already.",
            (Query(f"count by (reason) ({HELD})", "{{reason}}"),),
            unit="none",
            empty="No breach was held.",
            custom=STACKED,
            defaults={"decimals": 0, "min": 0},
        ),
        Panel(
            "Runs that ended",
            "By outcome, in the time shown.",
            (
                Query(
                    "sum by (outcome) (increase(refit_runs_finished_total[$__range])) > 0", "{{outcome}}", instant=True
                ),
            ),
            type="bargauge",
            unit="none",
            empty="No run ended.",
            defaults={"decimals": 0, "min": 0},
            overrides=coloured(OUTCOMES),
        ),
    ),
)
