"""What the operator exports is what the table of metrics says, and nothing else."""

import pytest
from prometheus_client import REGISTRY

from refit_operator.api.run import Outcome, Stage
from refit_operator.observability import metrics, monitors
from refit_operator.observability.contract import BY_NAME, Kind, Metric
from tests.metrics_page import render

EXPORTING = (metrics, monitors)
"""Imported so that their metrics are registered."""


def exported() -> dict[str, str]:
    """Return the type of each metric of the operator that is registered, by the name that queries use."""
    families = [family for family in REGISTRY.collect() if family.name.startswith("refit_")]
    return {family.name + ("_total" if family.type == "counter" else ""): family.type for family in families}


def test_what_is_exported_is_in_the_table_and_the_other_way_round() -> None:
    assert exported() == {name: metric.kind.value for name, metric in BY_NAME.items()}


@pytest.mark.parametrize("metric", [pytest.param(metric, id=name) for name, metric in BY_NAME.items()])
def test_a_name_says_what_is_counted_and_in_which_unit(metric: Metric) -> None:
    assert metric.name.endswith("_total") is (metric.kind is Kind.COUNTER)
    if metric.kind is Kind.HISTOGRAM:
        assert metric.name.endswith("_seconds")
        assert metric.series == (f"{metric.name}_bucket", f"{metric.name}_sum", f"{metric.name}_count")
    assert metric.text.endswith(".") and "\n" not in metric.text


def test_no_metric_has_a_second_series_for_its_creation() -> None:
    metrics.RUNS_FINISHED.labels("Promoted").inc()
    names = {sample.name for family in REGISTRY.collect() for sample in family.samples if "refit_" in family.name}
    assert not [name for name in names if name.endswith("_created")]


@pytest.mark.parametrize("outcome", [outcome.value for outcome in Outcome])
def test_runs_are_counted_from_zero_so_that_an_increase_sees_the_first(outcome: str) -> None:
    assert REGISTRY.get_sample_value("refit_runs_finished_total", {"outcome": outcome}) is not None


def test_a_stage_that_takes_time_has_a_histogram_before_any_run_ended() -> None:
    stages = {stage.value for stage in Stage} - {Stage.JUDGING.value, Stage.FINISHED.value}
    counted = {s.labels["stage"] for s in next(iter(metrics.STAGE_SECONDS.collect())).samples}
    assert stages <= counted


def test_the_page_names_each_of_them_once() -> None:
    page = render()
    assert [name for name in BY_NAME if page.count(f"| `{name}` |") != 1] == []
