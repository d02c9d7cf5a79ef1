"""A query with `samples` is decided by evidence, as a ratio is; one whose readings overlap isn't ready."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.metric import MetricSpec
from refit_operator.api.reasons import Reason
from refit_operator.monitor.observe import first_query_error
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.decision import Hold, Observed, StartRun
from refit_operator.monitor.rules.measure import measure_digest, readings_needed
from refit_operator.prometheus.rules.evidence import WINDOWS
from refit_operator.prometheus.rules.reading import Counts, Value
from tests.support.monitors import seen
from tests.support.samples import NOW, make_monitor

TEN = timedelta(minutes=10)
SAMPLES: dict[str, Any] = {"samples": "sum(increase(judged[10m]))"}


def read(*goods: int, metric: dict[str, Any] = SAMPLES, interval: timedelta = TEN) -> Observed:
    """Return readings of 200 outcomes each, the last one now."""
    times = [NOW - interval * back for back in reversed(range(len(goods)))]
    window = tuple(Value(good / 200, time, Counts(good, 200)) for good, time in zip(goods, times, strict=True))
    return seen(monitor=make_monitor(metric=metric), window=window, query_range=TEN, interval=interval)


def reason_of(o: Observed) -> Reason | None:
    decision = decide(o)
    return decision.reason if isinstance(decision, Hold) else None


def test_evidence_decides_and_not_the_number_of_readings() -> None:
    assert reason_of(read(*[169] * 5)) is Reason.WITHIN
    assert isinstance(decide(read(140, 140)), StartRun)


def test_a_window_is_the_time_between_readings() -> None:
    assert read(140).evidence_needed == 4320
    hourly = read(140, metric=SAMPLES | {"interval": "1h", "falseRuns": {"atMost": 2}}, interval=timedelta(hours=1))
    assert hourly.evidence_needed == 360


def test_outcomes_that_are_in_several_readings_arent_ready() -> None:
    overlapping = read(140, 140, metric=SAMPLES | {"interval": "5m"}, interval=TEN / 2)
    decision = decide(overlapping)
    assert isinstance(decision, Hold) and decision.reason is Reason.INVALID_SPEC
    assert decision.message == (
        "metric.interval: the query reads 10m every 5m, so that outcomes would count several times; set it to 10m, or "
        "leave it or metric.samples out"
    )
    uncounted = read(160, 160, metric={"interval": "5m"}, interval=TEN / 2)
    assert reason_of(uncounted) is Reason.WITHIN


def test_so_many_readings_are_asked_for_and_another_count_begins_anew() -> None:
    metric, other = (make_monitor(metric=SAMPLES | more).spec.metric for more in ({}, {"samples": "sum(judged)"}))
    assert readings_needed(metric) == WINDOWS
    assert measure_digest(metric, "") != measure_digest(other, "")


async def test_what_counts_them_is_held_to_what_any_query_is() -> None:
    spec = make_monitor(metric={"samples": "sum("}).spec
    assert (await first_query_error(spec, lambda query: "wrong" if query == "sum(" else "")) == "metric.samples: wrong"


@pytest.mark.parametrize("threshold", [0, 1, 80])
def test_the_threshold_of_a_share_lies_between_nothing_and_one(threshold: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        MetricSpec.model_validate({"query": "q", "samples": "s", "threshold": threshold})
    assert MetricSpec.model_validate({"query": "q", "threshold": threshold}).threshold == threshold
