"""The series of a monitor: what a reconciliation and a sweep show of it, their number, and that they go with it."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from refit_operator.api.conditions import ConditionType
from refit_operator.api.monitor import ModelMonitorStatus
from refit_operator.api.run import Outcome
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.status import next_status
from refit_operator.monitor.shown import show
from refit_operator.observability.monitors import MONITORS, Monitors, Shown, forget_monitor, show_conditions
from refit_operator.observability.runs import RunsShown
from refit_operator.prometheus.rules.reading import Counts, NoData, Value
from refit_operator.prometheus.shown import show as show_reading
from tests.support.monitors import BAD, GOOD, finished, seen
from tests.support.samples import NOW, make_monitor, make_run

STAMP = NOW.timestamp()
REVIEWS = {"namespace": "shop", "monitor": "reviews"}


@pytest.fixture(autouse=True)
def _gone_afterwards() -> Iterator[None]:
    yield
    forget_monitor("shop", "reviews")


def exported(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"refit_monitor_{name}", REVIEWS | labels)


def reconciled(observed: Observed) -> None:
    show(observed, next_status(observed))


def labelled(name: str, label: str) -> list[str]:
    """Return the values of a label that the monitor has series for."""
    families = [family for family in MONITORS.collect() if family.name == f"refit_monitor_{name}"]
    return [
        sample.labels[label]
        for family in families
        for sample in family.samples
        if REVIEWS.items() <= sample.labels.items()
    ]


def test_what_readings_are_held_against_is_shown_beside_them() -> None:
    reconciled(seen(GOOD, interval=timedelta(minutes=10)))
    assert (exported("value"), exported("threshold"), exported("interval_seconds")) == (GOOD, 0.85, 600)
    assert exported("reading_timestamp_seconds") == STAMP
    assert exported("value_low") is None and exported("value_high") is None


def test_counted_outcomes_have_an_interval_and_another_value_without_them_has_none() -> None:
    show_reading("shop", "reviews", Value(0.8, NOW, Counts(80, 100)))
    low, high = exported("value_low"), exported("value_high")
    assert low is not None and high is not None and 0.70 < low < 0.8 < high < 0.88
    show_reading("shop", "reviews", Value(0.9, NOW))
    assert exported("value") == 0.9 and exported("value_low") is None


def test_a_reading_that_is_no_value_leaves_the_last_value_but_for_its_time() -> None:
    show_reading("shop", "reviews", Value(0.8, NOW, Counts(80, 100)))
    show_reading("shop", "reviews", NoData(NOW + timedelta(minutes=5)))
    assert exported("value") == 0.8 and exported("value_low") is not None
    assert exported("reading_timestamp_seconds") == STAMP + 300


def test_the_verdict_is_absent_until_it_is_known() -> None:
    reconciled(seen(BAD, window=()))
    assert exported("breach") is None
    reconciled(seen(GOOD))
    assert exported("breach") == 0 and exported("breach_start_timestamp_seconds") is None
    reconciled(seen())
    assert exported("breach") == 1 and exported("breach_start_timestamp_seconds") == STAMP


def test_one_state_and_one_hold_are_shown_and_the_last_ones_are_gone() -> None:
    reconciled(seen(monitor=make_monitor(suspend=True)))
    assert labelled("state", "state") == ["Suspended"] and labelled("hold", "reason") == ["Suspended"]
    reconciled(seen(GOOD))
    assert labelled("state", "state") == ["Monitoring"] and labelled("hold", "reason") == []


def serving(status: str, reason: str) -> ModelMonitorStatus:
    said = {"type": "ServingUpToDate", "status": status, "reason": reason, "lastTransitionTime": NOW.isoformat()}
    return ModelMonitorStatus.model_validate({"conditions": [said]})


def test_why_the_target_may_run_another_checkpoint_is_shown_for_as_long_as_it_may() -> None:
    show_conditions("shop", "reviews", serving("False", "RollbackBlocked"))
    assert labelled("outdated", "reason") == ["RollbackBlocked"]
    show_conditions("shop", "reviews", serving("Unknown", "RollingOut"))
    assert labelled("outdated", "reason") == []


def test_runs_are_shown_by_how_they_ended() -> None:
    status = {"stage": "Finished"}
    reconciled(seen(GOOD, runs=(finished(90, "Failed", 1, status=status), finished(60, "Failed", 2, status=status))))
    assert exported("runs", outcome="Failed") == 2 and exported("runs_in_a_row", outcome="Failed") == 2
    assert exported("run_end_timestamp_seconds", outcome="Failed") == STAMP - 3600
    reconciled(seen(runs=(make_run(3, status={"stage": "Training"}),)))
    assert exported("run", stage="Training", reason="") == 1 and exported("runs", outcome="Failed") is None


def test_everything_of_a_monitor_goes_with_it() -> None:
    reconciled(seen(runs=(finished(60, "Failed", status={"stage": "Finished"}),)))
    forget_monitor("shop", "reviews")
    samples = [sample for family in MONITORS.collect() for sample in family.samples]
    assert not [sample for sample in samples if REVIEWS.items() <= sample.labels.items()]


FULL = Shown(
    *(1.0,) * 9,
    breach=True,
    breach_start=1.0,
    state="Breached",
    hold="CoolingDown",
    outdated="Overruled",
    conditions=(True,) * len(ConditionType),
    runs=RunsShown(
        kept=tuple((outcome.value, 1) for outcome in Outcome),
        ended=tuple((outcome.value, 1.0) for outcome in Outcome),
        in_a_row=("Failed", 3),
        active=("Training", "Pending"),
        promoted=1.0,
        rolled_back=1.0,
        confirmed=True,
    ),
)
"""As much as there can be of one."""


def samples_of(monitors: Monitors) -> list[Any]:
    return [sample for family in monitors.collect() for sample in family.samples]


def test_a_monitor_has_at_most_so_many_series_and_all_others_nothing_of_it() -> None:
    monitors = Monitors()
    monitors.of(("shop", "reviews")).conditions = ()
    assert samples_of(monitors) == []
    monitors._shown["shop", "reviews"] = FULL
    assert len(samples_of(monitors)) == 11 + len(ConditionType) + 2 * len(Outcome) + 8
    assert {sample.labels["monitor"] for sample in samples_of(monitors)} == {"reviews"}


def test_a_monitor_at_rest_takes_a_kibibyte_at_most() -> None:
    monitors, count = Monitors(), 1000
    tracemalloc.start()
    for number in range(count):
        shown = monitors.of(("shop", f"m-{number}"))
        shown.value, shown.low, shown.high, shown.read = (number + part / 7 for part in range(4))
        shown.threshold, shown.interval, shown.evidence, shown.needed = (number + part / 9 for part in range(4))
        shown.conditions, shown.state, shown.breach = (True,) * 9, "Monitoring", False
        shown.runs = replace(FULL.runs, kept=(("Promoted", 1),), ended=(("Promoted", float(number)),))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken / count < 1024
