"""What the API server hands us is read; what in the status can't be read is forgotten."""

from typing import Any

import pytest

from refit_operator.api.monitor import ModelMonitor, ModelMonitorStatus
from tests.support.samples import monitor_document


@pytest.mark.parametrize(
    "status",
    [{"served": {"checkpoint": "x"}}, {"conditions": "none"}, {"attempts": "many"}, "forged", None],
)
def test_a_status_that_cannot_be_read_is_as_good_as_none(status: Any) -> None:
    monitor = ModelMonitor.model_validate(monitor_document() | {"status": status})
    assert monitor.status == ModelMonitorStatus()


def test_a_status_is_read_as_it_was_written() -> None:
    status = ModelMonitorStatus(attempts=3, state="Watching")
    assert ModelMonitor.model_validate(monitor_document() | {"status": status.to_json()}).status == status


@pytest.mark.parametrize("metric", [{"query": None}, {"ratio": {"good": "right", "total": "judged"}}])
def test_a_metric_has_one_source(metric: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="exactly one of query and ratio"):
        ModelMonitor.model_validate(monitor_document(metric=metric))


def test_a_ratio_in_promql() -> None:
    ratio = {"query": None, "ratio": {"good": 'right{app="x"}', "total": "judged"}}
    monitor = ModelMonitor.model_validate(monitor_document(metric=ratio))
    assert monitor.spec.metric.promql == 'sum(increase(right{app="x"}[5m])) / sum(increase(judged[5m]))'
    monitor = ModelMonitor.model_validate(monitor_document(metric=ratio | {"window": "1h30m"}))
    assert monitor.spec.metric.promql == 'sum(increase(right{app="x"}[1h30m])) / sum(increase(judged[1h30m]))'
