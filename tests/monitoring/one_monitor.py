"""The dashboard's second row: one monitor, its numbers and its runs."""

from tests.monitoring.overview import GREY, OUTCOMES, STAGES, STATES
from tests.monitoring.panels import Json, Panel, Query, Row, coloured, fixed, line_at, named, numbered, words

OF = 'namespace="$namespace",monitor="$monitor"'
ONE = f"{{{OF}}}"
DASHED = {"fill": "dash", "dash": [8, 8]}
NO_LEGEND = {"legend": True, "tooltip": False, "viz": False}
AS_READ = {"lineInterpolation": "stepAfter"}
AGE = f"(time() - refit_monitor_reading_timestamp_seconds{ONE}) / refit_monitor_interval_seconds{ONE}"
TIMELINE: Json = {"fillOpacity": 85, "lineWidth": 0}
WAITS_FOR = f'max by (reason) (refit_monitor_run{{{OF},stage="Queued"}}) * 0'
GREY_ROW: Json = {"options": {"0": {"text": " ", "color": GREY}}, "type": "value"}
DRIFT, AT_LIMIT = line_at(1, "red")
OLD, AT_OLD = line_at(3, "orange")


def of_it(metric: str, legend: str) -> Query:
    """Return the query for a number of the monitor, whichever process of the operator says it."""
    return Query(f"max by (monitor) (refit_monitor_{metric}{ONE})", legend)


def _stage() -> Json:
    mapped = words(STAGES)
    return {"mappings": [*mapped["mappings"], GREY_ROW]}


MONITOR = Row(
    "$namespace/$monitor",
    (
        Panel(
            "Metric",
            "Each reading with its 95 % interval, where its outcomes are counted, and the threshold.",
            (
                of_it("value", "value"),
                of_it("value_low", "low"),
                of_it("value_high", "high"),
                of_it("threshold", "threshold"),
            ),
            width=16,
            height=10,
            custom=AS_READ,
            overrides=(
                named("value", color=fixed("blue"), custom__lineWidth=2),
                named("low", color=fixed("blue"), custom__lineWidth=0, custom__hideFrom=NO_LEGEND),
                named(
                    "high",
                    color=fixed("blue"),
                    custom__lineWidth=0,
                    custom__fillBelowTo="low",
                    custom__hideFrom=NO_LEGEND,
                ),
                named("threshold", color=fixed("red"), custom__lineStyle=DASHED),
            ),
        ),
        Panel(
            "Evidence",
            "How strongly the outcomes say that the metric is on the wrong side, and how much makes a breach "
            "(metric.falseRuns). The scale is logarithmic.",
            (of_it("evidence", "evidence"), of_it("evidence_needed", "needed")),
            unit="sci",
            height=10,
            empty="This metric has no counted outcomes: a breach is so many readings on the wrong side.",
            custom=AS_READ | {"scaleDistribution": {"type": "log", "log": 10}},
            overrides=(
                named("evidence", color=fixed("blue"), custom__lineWidth=2),
                named("needed", color=fixed("red"), custom__lineStyle=DASHED),
            ),
        ),
        Panel(
            "State",
            "The State column, over time.",
            (Query(numbered("refit_monitor_state", "state", STATES, OF), "state"),),
            type="state-timeline",
            width=12,
            height=4,
            custom=TIMELINE,
            defaults=words(STATES),
        ),
        Panel(
            "Run under way",
            "Its stage; grey rows say what it waits for while it is Queued.",
            (Query(numbered("refit_monitor_run", "stage", STAGES, OF), "stage"), Query(WAITS_FOR, "{{reason}}")),
            type="state-timeline",
            width=12,
            height=4,
            empty="No run was under way.",
            custom=TIMELINE,
            defaults=_stage(),
        ),
        Panel(
            "Runs kept, by outcome",
            "Finished runs, as many as spec.historyLimit keeps.",
            (Query(f"max by (outcome) (refit_monitor_runs{ONE})", "{{outcome}}", instant=True),),
            type="bargauge",
            unit="none",
            height=6,
            empty="No run has ended.",
            defaults={"decimals": 0, "min": 0},
            overrides=coloured(OUTCOMES),
        ),
        Panel(
            "Drift of the inputs",
            "By spec.drift, as a ratio of its limit: above 1 the inputs are foreign to the model.",
            (of_it("drift", "drift"),),
            height=6,
            empty="This monitor has no spec.drift, or its query no value.",
            custom=AT_LIMIT,
            defaults={"min": 0} | DRIFT,
            overrides=(named("drift", color=fixed("blue")),),
        ),
        Panel(
            "Age of the newest reading",
            "In intervals: up to 1 while all is well. From 3 on, and five minutes, RefitReadingOverdue fires.",
            (Query(f"max by (monitor) ({AGE})", "intervals"),),
            height=6,
            custom=AT_OLD,
            defaults={"min": 0} | OLD,
            overrides=(named("intervals", color=fixed("blue")),),
        ),
    ),
)
