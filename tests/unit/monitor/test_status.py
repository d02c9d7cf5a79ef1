"""What a monitor says of itself, and when saying it is worth a write."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.monitor import ModelMonitorStatus
from refit_operator.monitor.rules.events import events_on
from refit_operator.monitor.rules.status import display_state, is_worth_writing, next_status
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Value
from tests.support.monitor_cases import HELD
from tests.support.monitors import BAD, GOOD, finished, seen
from tests.support.samples import NOW, make_monitor, make_run


def condition(observed: Any, kind: ConditionType) -> tuple[str, str]:
    found = find(next_status(observed).conditions, kind)
    assert found is not None
    return found.status, found.reason


def test_a_breach_doesnt_change_ready() -> None:
    assert condition(seen(), ConditionType.READY) == ("True", "Monitoring")
    assert condition(seen(), ConditionType.WITHIN_THRESHOLD) == ("False", "BelowThreshold")


def test_a_suspension_doesnt_change_ready() -> None:
    observed = seen(monitor=make_monitor(suspend=True))
    assert condition(observed, ConditionType.READY) == ("True", "Monitoring")
    assert condition(observed, ConditionType.RETRAIN_ALLOWED) == ("False", "Suspended")


def test_a_rollback_that_has_nothing_to_restore_is_told_by_a_condition() -> None:
    wanted = {"annotations": {"refit.dev/rollback-requested-at": (NOW - timedelta(minutes=1)).isoformat()}}
    observed = seen(GOOD, monitor=make_monitor(metadata=wanted))
    assert condition(observed, ConditionType.RETRAIN_ALLOWED) == ("False", "NothingToRollBack")


@pytest.mark.parametrize("text", ["now", "2026-11-24T12:00:00", "yesterday"])
@pytest.mark.parametrize("annotation", ["refit.dev/retrain-requested-at", "refit.dev/rollback-requested-at"])
def test_a_request_that_names_no_time_is_said_and_told(annotation: str, text: str) -> None:
    calm, asked = (
        seen(GOOD),
        seen(GOOD, monitor=make_monitor(metadata={"annotations": {annotation: text}})),
    )
    assert condition(asked, ConditionType.READY) == ("True", "RequestIgnored")
    (note,) = events_on(next_status(calm), next_status(asked))
    assert note.message.startswith(f"{annotation}='{text}' is ignored")
    assert list(events_on(next_status(asked), next_status(asked))) == []


def test_a_query_that_hides_a_missing_metric_is_flagged_and_told() -> None:
    hiding = make_monitor(metric={"query": "sum(rate(ok[10m])) / sum(rate(judged[10m])) or vector(0)"})
    observed = seen(GOOD, monitor=hiding)
    assert condition(observed, ConditionType.READY) == ("True", "AbsenceHidden")
    (note,) = events_on(next_status(seen(GOOD)), next_status(observed))
    assert "vector(0) has a value all the same" in note.message
    assert list(events_on(next_status(observed), next_status(observed))) == []


def test_the_part_that_hides_it_is_told_in_one_printable_line() -> None:
    odd = "label_replace(vector(0), 'a', '\x1b" + "b" * 500 + "', '', '')"
    observed = seen(GOOD, monitor=make_monitor(metric={"query": f"x or {odd}"}))
    ready = find(next_status(observed).conditions, ConditionType.READY)
    assert ready is not None
    assert ready.message.startswith("metric.query: where its series are missing, label_replace(")
    assert ready.message.isprintable()
    assert len(ready.message) < 500


def test_prometheus_down_is_said_and_changes_nothing_else() -> None:
    observed = seen(window=QueryFailed(FailureKind.Refused, "connection refused", NOW))
    assert condition(observed, ConditionType.READY) == ("True", "Monitoring")
    assert condition(observed, ConditionType.METRIC_AVAILABLE) == ("False", "QueryFailed")
    assert condition(observed, ConditionType.WITHIN_THRESHOLD) == ("Unknown", "Unknown")


def remembered(within: str) -> Any:
    time = (NOW - timedelta(hours=1)).isoformat()
    kind = ConditionType.WITHIN_THRESHOLD.value
    old = {"type": kind, "status": within, "reason": "BelowThreshold", "message": "", "lastTransitionTime": time}
    return make_monitor(metric={"recoverAt": 0.87}, status={"conditions": [old]})


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [("False", 0.86, "False"), ("False", 0.87, "True"), ("True", 0.86, "True")],
)
def test_recover_at_ends_a_breach(before: str, value: float, after: str) -> None:
    observed = seen(BAD, BAD, GOOD, GOOD, value, monitor=remembered(before))
    assert condition(observed, ConditionType.WITHIN_THRESHOLD)[0] == after


TOO_SOON = {
    "after a run's end": (seen(runs=(finished(5),)), "the last run's end"),
    "on a new monitor": (
        seen(monitor=make_monitor(metadata={"creationTimestamp": (NOW - timedelta(minutes=5)).isoformat()})),
        "the monitor's creation",
    ),
}


@pytest.mark.parametrize("name", TOO_SOON)
def test_without_a_reading_that_counts_none_are_counted(name: str) -> None:
    observed, since = TOO_SOON[name]
    found = find(next_status(observed).conditions, ConditionType.WITHIN_THRESHOLD)
    assert found is not None
    assert found.message == f"accuracy 0.8 < 0.85; it doesn't count towards a breach: its window began before {since}"
    assert (found.status, found.reason) == ("Unknown", "Unknown")


def test_a_breach_lasts_while_no_reading_counts_yet() -> None:
    observed = seen(runs=(finished(5),), monitor=remembered("False"))
    assert condition(observed, ConditionType.WITHIN_THRESHOLD) == ("False", "BelowThreshold")


def test_a_run_without_a_message_is_no_empty_sentence() -> None:
    found = find(next_status(seen(runs=(finished(5),))).conditions, ConditionType.RETRAIN_SUCCEEDED)
    assert found is not None and found.message.endswith(": how it ended is not recorded")


def test_what_only_a_person_can_mend_is_stalled() -> None:
    assert condition(HELD["a query that doesn't parse"][0], ConditionType.STALLED) == ("True", "QueryRefused")
    assert condition(HELD["a server that nobody allowed"][0], ConditionType.STALLED) == ("True", "SourceForbidden")
    for name in ("no Deployment", "a Secret that isn't there"):
        assert find(next_status(HELD[name][0]).conditions, ConditionType.STALLED) is None


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("suspended", "Suspended"),
        ("cooling down", "CoolingDown"),
        ("Prometheus is down", "Blind"),
        ("an undo after a promotion", "Overruled"),
        ("a target made anew after a promotion", "Overruled"),
        ("a run under way", "Training"),
        ("a good reading", "Monitoring"),
        ("a target at zero replicas", "Halted"),
        ("no Deployment", "NotReady"),
        ("observing", "Breached"),
        ("three runs for nothing", "GaveUp"),
        ("three runs today", "Breached"),
        ("the whole server in breach", "Breached"),
        ("a guard below", "Breached"),
        ("a server that nobody allowed", "NotReady"),
    ],
)
def test_one_word_for_people(name: str, state: str) -> None:
    assert display_state(HELD[name][0]) == state


def test_an_idle_monitor_costs_no_write() -> None:
    observed = seen(GOOD, GOOD, GOOD)
    status = next_status(observed)
    later = replace(observed, now=NOW + timedelta(minutes=4), window=(Value(0.95, NOW + timedelta(minutes=4)),))
    again = next_status(replace(later, monitor=observed.monitor.model_copy(update={"status": status})))
    assert not is_worth_writing(status, again)


def test_a_value_that_moved_is_written_now_and_then() -> None:
    observed = seen(GOOD, GOOD, GOOD)
    status = next_status(observed)
    later = replace(observed, now=NOW + timedelta(minutes=5), window=(Value(0.95, NOW + timedelta(minutes=5)),))
    assert is_worth_writing(status, next_status(later))


def failed(kind: FailureKind, after: timedelta) -> ModelMonitorStatus:
    time = NOW + after
    return next_status(replace(seen(GOOD), now=time, window=(QueryFailed(kind, "prometheus:9090: it says", time),)))


def test_another_cause_of_the_same_reason_is_written_by_the_third_reading() -> None:
    refused, interval = failed(FailureKind.Refused, timedelta(0)), timedelta(minutes=1)
    again = [failed(FailureKind.Unauthorized, minutes * interval) for minutes in (1, 2, 3)]
    assert [is_worth_writing(refused, status, interval) for status in again] == [False, False, True]
    assert not is_worth_writing(refused, failed(FailureKind.Refused, 3 * interval), interval)


def test_another_cause_is_written_where_nothing_is_read() -> None:
    status = next_status(HELD["no Deployment"][0]).model_copy(update={"metric": None})
    assert not is_worth_writing(status, status)
    others = tuple(c.model_copy(update={"message": "another"}) for c in status.conditions)
    assert is_worth_writing(status, status.model_copy(update={"conditions": others}))


def test_a_turned_condition_is_written_and_told_once() -> None:
    calm, breach = next_status(seen(GOOD, GOOD, GOOD)), next_status(seen())
    assert is_worth_writing(calm, breach)
    assert [note.reason for note in events_on(calm, breach)] == ["MetricBreached"]
    assert list(events_on(breach, breach)) == []
    assert [note.reason for note in events_on(breach, calm)] == ["MetricRecovered"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("three runs for nothing", "GaveUp"),
        ("three runs today", "RetrainHeld"),
        ("a target at zero replicas", "RetrainHeld"),
        ("the whole server in breach", "RetrainHeld"),
        ("a guard below", "RetrainHeld"),
    ],
)
def test_what_holds_a_breach_is_told_once(name: str, told: str) -> None:
    calm, held = next_status(seen(GOOD, GOOD, GOOD)), next_status(HELD[name][0])
    assert [note.reason for note in events_on(calm, held)] == ["MetricBreached", told]
    assert list(events_on(held, held)) == []


def test_a_spent_budget_is_no_news_while_all_is_well() -> None:
    observed = replace(HELD["three runs today"][0], window=seen(GOOD, GOOD, GOOD).window)
    assert condition(observed, ConditionType.RETRAIN_ALLOWED) == ("False", "BudgetSpent")
    assert list(events_on(next_status(seen(GOOD, GOOD, GOOD)), next_status(observed))) == []


def test_transition_times_stay_while_the_status_stays() -> None:
    observed = seen(GOOD, GOOD, GOOD)
    first = next_status(observed)
    monitor = observed.monitor.model_copy(update={"status": first})
    second = next_status(replace(observed, monitor=monitor, now=NOW + timedelta(hours=1)))
    assert [c.last_transition_time for c in second.conditions] == [c.last_transition_time for c in first.conditions]


def test_the_last_run_is_the_newest_finished_one() -> None:
    runs = (make_run(1, status={"outcome": "Failed", "message": "x"}), make_run(2))
    status = next_status(seen(runs=runs))
    assert status.last_run is not None
    assert (status.last_run.outcome, status.active_run) == ("Failed", runs[1].metadata.name)
    assert status.attempts == 2
