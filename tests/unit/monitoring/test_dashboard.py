"""The dashboard: every query parses and asks for what is exported, and no panel lies over another."""

import inspect
import re
from itertools import combinations
from typing import Any

import pytest

from refit_operator.api.run import Outcome, Stage
from refit_operator.monitor.rules.status import _RUN_STATES, display_state
from refit_operator.observability.contract import BY_NAME
from refit_operator.prometheus.rules.promql import parse_query
from tests.monitoring.dashboard import dashboard
from tests.monitoring.overview import OUTCOMES, STAGES, STATES
from tests.monitoring.panels import SOURCE, WIDTH
from tests.support.exported import unknown_metrics, wrong_words

MADE = dashboard()
PANELS = [panel for panel in MADE["panels"] if panel["type"] != "row"]
TYPES = {"timeseries", "stat", "bargauge", "state-timeline", "table"}
OF_VARIABLES = 'namespace="$namespace",monitor="$monitor"'
VARIABLES = {variable["name"] for variable in MADE["templating"]["list"]}
QUERIES = [
    *(pytest.param(one["expr"], id=f"{panel['title']} {one['refId']}") for panel in PANELS for one in panel["targets"]),
    *(pytest.param(one["expr"], id=one["name"]) for one in MADE["annotations"]["list"]),
]


def filled(query: str) -> str:
    """Return the query as Grafana sends it."""
    times = {"$__rate_interval": "5m", "$__range": "1d", "$namespace": "shop", "$monitor": "reviews"}
    for name, value in times.items():
        query = query.replace(name, value)
    return query


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_parses_and_asks_for_what_is_exported(query: str) -> None:
    assert "$" not in filled(query)
    parse_query(filled(query))
    assert unknown_metrics(query) == set() and wrong_words(query.replace(OF_VARIABLES, "")) == []


@pytest.mark.parametrize("query", QUERIES)
def test_a_legend_or_a_sum_is_by_labels_that_the_metric_has(query: str) -> None:
    metrics = [BY_NAME[re.sub("_bucket$", "", name)] for name in re.findall(r"\brefit_\w+", query)]
    labels = {label for metric in metrics for label in metric.labels} | {"le", "instance"}
    grouped = {name for names in re.findall(r"\b(?:by|on) \(([^)]*)\)", query) for name in names.split(", ")}
    assert grouped <= labels


def test_legends_name_labels_that_the_query_leaves() -> None:
    for panel in PANELS:
        for one in panel["targets"]:
            named = set(re.findall(r"{{(\w+)}}", one["legendFormat"]))
            metrics = [BY_NAME[re.sub("_bucket$", "", name)] for name in re.findall(r"\brefit_\w+", one["expr"])]
            assert named <= {label for metric in metrics for label in metric.labels} | {"instance"}, panel["title"]


@pytest.mark.parametrize("panel", [pytest.param(panel, id=panel["title"]) for panel in PANELS])
def test_a_panel_is_within_the_grid_and_says_what_it_shows(panel: dict[str, Any]) -> None:
    place = panel["gridPos"]
    assert place["x"] >= 0 and place["x"] + place["w"] <= WIDTH
    assert panel["type"] in TYPES and panel["description"].endswith(".") and panel["targets"]
    assert panel["datasource"] == SOURCE and all(one["datasource"] == SOURCE for one in panel["targets"])


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    sides = (("x", "w"), ("y", "h"))
    return all(one[at] < other[at] + other[by] and other[at] < one[at] + one[by] for at, by in sides)


def test_no_panel_lies_over_another_and_each_has_a_number_of_its_own() -> None:
    places = [panel["gridPos"] for panel in MADE["panels"]]
    assert not [pair for pair in combinations(places, 2) if overlap(*pair)]
    assert len({panel["id"] for panel in MADE["panels"]}) == len(MADE["panels"])


def test_only_variables_that_there_are_are_used() -> None:
    used = set(re.findall(r"\$\{?([a-z]\w*)", str(MADE)))
    assert used == VARIABLES


def test_markers_are_at_the_times_that_the_metrics_are() -> None:
    for one in MADE["annotations"]["list"]:
        assert one["useValueForTime"] is True and one["expr"].endswith("* 1000")
        assert (one["target"]["expr"], one["target"]["interval"]) == (one["expr"], one["step"])
        assert re.match(r"max by \(namespace, monitor\) \(refit_monitor_\w+_timestamp_seconds", one["expr"])


def test_markers_are_only_in_the_panels_of_the_monitor_that_they_are_of() -> None:
    marked = [panel for panel in PANELS if panel["id"] in MADE["annotations"]["list"][0]["filter"]["ids"]]
    assert marked and all("$monitor" in one["expr"] for panel in marked for one in panel["targets"])
    assert not [panel for panel in PANELS if panel not in marked and "$monitor" in str(panel["targets"])]


def test_every_state_stage_and_outcome_has_a_colour_of_its_own() -> None:
    assert set(STATES) == shown_states()
    assert set(STAGES) == {stage.value for stage in Stage} - {Stage.FINISHED.value}
    assert set(OUTCOMES) == {outcome.value for outcome in Outcome}
    for colors in (STATES, STAGES, OUTCOMES):
        assert len(set(colors.values())) == len(colors)


def shown_states() -> set[str]:
    """Return the words of the State column: what `display_state` can return."""
    body = inspect.getsource(display_state)
    return set(re.findall(r'"(\w+)"', body)) | set(_RUN_STATES.values())


def test_a_timeline_shows_a_word_for_each_number_that_its_query_can_give() -> None:
    for panel in PANELS:
        if panel["type"] == "state-timeline":
            shown = {key for mapping in panel["fieldConfig"]["defaults"]["mappings"] for key in mapping["options"]}
            given = {
                number for one in panel["targets"] for number in re.findall(r"(?<=\(|r) ?(\d+) \* refit", one["expr"])
            }
            assert given <= shown, panel["title"]
