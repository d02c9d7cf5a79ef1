"""Drift of the inputs warns, by M of the last N readings, and never starts a run, holds one, or delays a decision."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import REGISTRY

from refit_operator.api.conditions import ConditionType, find
from refit_operator.monitor import observe
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.decision import Hold, Observed, StartRun
from refit_operator.monitor.rules.drift import drift_ratio
from refit_operator.monitor.rules.events import events_on
from refit_operator.monitor.rules.status import display_state, next_status
from refit_operator.observability.monitors import forget_monitor, show_drift, show_monitor
from refit_operator.ports import Ports
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed
from tests.support.monitor_cases import HELD, STARTED
from tests.support.monitors import BAD, GOOD, INTERVAL, promoted, readings, seen
from tests.support.samples import NOW, make_monitor

QUERY = "avg(refit_serve_input_drift_ratio)"
NEXT = NOW + timedelta(seconds=1)
FAILED = QueryFailed(FailureKind.Timeout, "no answer", NOW)
FOREIGN = readings(2.0, 2.0, 2.0, 2.0, 2.0)


def drifting(*ratios: float | None, window: tuple[float, ...] = (GOOD,), **more: Any) -> Observed:
    monitor = make_monitor(drift={"query": QUERY})
    return seen(*window, **{"monitor": monitor, "drift": readings(*ratios), **more})


def suspected(o: Observed) -> tuple[str, str, str]:
    found = find(next_status(o).conditions, ConditionType.DRIFT_SUSPECTED)
    assert found is not None
    return found.status, found.reason, found.message


WITH_DRIFT: dict[str, tuple[tuple[float | None, ...], str]] = {
    "none": ((0.2, 0.3, 0.4, 0.3, 0.2), "False"),
    "exactly the limit": ((1.0, 1.0, 1.0, 1.0, 1.0), "False"),
    "two of five": ((0.2, 1.5, 0.4, 0.3, 1.5), "False"),
    "three of five": ((0.2, 1.5, 0.4, 1.5, 1.5), "True"),
    "three of five, the last one good": ((1.5, 1.5, 1.5, 0.3, 0.2), "True"),
    "three long ago": ((1.5, 1.5, 1.5, 0.3, 0.2, 0.2, 0.2), "False"),
    "no data": ((0.2, 0.2, None), "Unknown"),
    "nothing": ((), "Unknown"),
}


@pytest.mark.parametrize(("ratios", "want"), WITH_DRIFT.values(), ids=WITH_DRIFT)
def test_it_is_suspected_by_m_of_n_readings_above_the_limit(ratios: tuple[float | None, ...], want: str) -> None:
    assert suspected(drifting(*ratios))[0] == want


@pytest.mark.parametrize("name", HELD)
def test_the_heaviest_drift_starts_no_run(name: str) -> None:
    observed, reason = HELD[name]
    with_drift = replace(_asking(observed), drift=FOREIGN)
    assert cast(Hold, decide(with_drift)).reason is reason


@pytest.mark.parametrize("drift", [FOREIGN, readings(0.1), (), FAILED], ids=["much", "none", "unread", "down"])
@pytest.mark.parametrize("name", STARTED)
def test_no_drift_holds_a_run(name: str, drift: Any) -> None:
    with_drift = replace(_asking(STARTED[name]), drift=drift)
    assert isinstance(decide(with_drift), StartRun)


def _asking(o: Observed) -> Observed:
    """Return the observation of a monitor that asks for drift as well."""
    spec = o.monitor.spec.model_copy(update={"drift": make_monitor(drift={"query": QUERY}).spec.drift})
    return replace(o, monitor=o.monitor.model_copy(update={"spec": spec}))


def test_a_warning_changes_no_other_condition_and_not_the_state() -> None:
    calm, alarmed = drifting(0.1, 0.1, 0.1), drifting(9.0, 9.0, 9.0)
    kinds = [kind for kind in ConditionType if kind is not ConditionType.DRIFT_SUSPECTED]
    conditions = [[find(next_status(o).conditions, kind) for kind in kinds] for o in (calm, alarmed)]
    assert conditions[0] == conditions[1] and display_state(calm) == display_state(alarmed) == "Monitoring"


def test_it_says_its_numbers_and_what_to_do() -> None:
    assert suspected(drifting(2.0, 0.5, 2.0, 2.0, 2.345)) == (
        "True",
        "InputsForeign",
        "the inputs aren't like those that the model was judged on: 4 of 5 readings above 1, the last 2.35; label some "
        "of them, since no run starts by this",
    )
    assert suspected(drifting(0.5))[1:] == ("InputsFamiliar", "0 of 1 readings above 1, the last 0.5")
    assert suspected(drifting(drift=FAILED))[2] == "drift.query: the query failed (Timeout): no answer"


def test_without_a_query_there_is_no_such_condition() -> None:
    assert find(next_status(seen(GOOD)).conditions, ConditionType.DRIFT_SUSPECTED) is None


def test_readings_of_the_model_before_do_not_count() -> None:
    rolled_out = promoted("file:///models/a@x")
    assert suspected(drifting(2.0, 2.0, 2.0, runs=(rolled_out,)))[0] == "True"
    after = rolled_out.model_copy(update={"status": rolled_out.status.model_copy(update={"rolled_out_time": NEXT})})
    status, _, message = suspected(drifting(2.0, 2.0, 2.0, runs=(after,)))
    assert status == "Unknown" and "its window began before the last rollout" in message
    early = NOW - INTERVAL
    since = rolled_out.model_copy(update={"status": rolled_out.status.model_copy(update={"rolled_out_time": early})})
    assert suspected(drifting(2.0, 2.0, 2.0, runs=(since,)))[0] == "False"
    ranged = drifting(2.0, 2.0, 2.0, runs=(since,), drift_range=timedelta(minutes=20))
    assert suspected(ranged)[0] == "Unknown"


def test_one_event_tells_of_it_and_one_of_its_end() -> None:
    calm, alarmed = next_status(drifting(0.1)), next_status(drifting(*[2.0] * 5))
    (told,) = events_on(calm, alarmed)
    assert (told.reason, told.type) == ("DriftSuspected", "Warning") and "5 of 5 readings above 1" in told.message
    assert list(events_on(alarmed, alarmed)) == []
    (over,) = events_on(alarmed, calm)
    assert (over.reason, over.type) == ("DriftOver", "Normal")
    assert list(events_on(next_status(drifting()), calm)) == []


def test_a_suspicion_stays_while_the_drift_cannot_be_read() -> None:
    alarmed = next_status(drifting(*[2.0] * 5))
    monitor = drifting().monitor.model_copy(update={"status": alarmed})
    blind = drifting(monitor=monitor, drift=FAILED)
    status, _, message = suspected(blind)
    assert status == "True" and "not read since: drift.query: the query failed" in message
    assert list(events_on(alarmed, next_status(blind))) == []


def test_it_is_a_metric_while_it_is_a_value() -> None:
    def exported(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(name, {"namespace": "shop", "monitor": "drifts", **labels})

    show_drift("shop", "drifts", drift_ratio(drifting(0.2, 2.5)))
    assert exported("refit_monitor_drift") == 2.5
    show_drift("shop", "drifts", drift_ratio(drifting(2.5, None)))
    assert exported("refit_monitor_drift") is None
    show_monitor("shop", "drifts", next_status(drifting(*[2.0] * 5)))
    assert exported("refit_monitor_condition", condition="DriftSuspected") == 1
    show_monitor("shop", "drifts", next_status(seen(GOOD)))
    assert exported("refit_monitor_condition", condition="DriftSuspected") is None
    show_drift("shop", "drifts", 3.0)
    forget_monitor("shop", "drifts")
    assert exported("refit_monitor_drift") is None


class Asked:
    """Readers of Prometheus are tested elsewhere: this one says what it was asked."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    def query_error(self, query: str, namespace: str) -> str:
        return "unclosed left parenthesis" if query.endswith("(") else ""

    def grid_of(self, prometheus: Any, metric: Any) -> Any:
        return SimpleNamespace(query_range=INTERVAL)

    async def window(self, subject: Any, prometheus: Any, metric: Any, count: int, now: Any) -> Any:
        self.queries.append(f"{metric.promql} {count}")
        return FOREIGN


async def with_drift(o: Observed) -> tuple[Observed, list[str]]:
    reader = Asked()
    found = await observe.with_drift(o, cast(Ports, SimpleNamespace(reader=reader)))
    return found, reader.queries


async def test_it_is_read_over_its_own_window() -> None:
    found, queries = await with_drift(drifting())
    assert queries == [f"{QUERY} 5"] and found.drift == FOREIGN and found.drift_range == INTERVAL


async def test_it_is_not_asked_where_the_metrics_query_failed() -> None:
    found, queries = await with_drift(seen(monitor=drifting().monitor, window=FAILED))
    assert queries == [] and "not asked" in suspected(found)[2]


async def test_a_query_that_is_wrong_is_told_and_holds_nothing() -> None:
    found, queries = await with_drift(seen(BAD, BAD, BAD, monitor=make_monitor(drift={"query": "sum("})))
    assert queries == [] and suspected(found)[2].endswith("unclosed left parenthesis")
    assert isinstance(decide(found), StartRun)
