"""What status says of every situation that holds a run or starts one: what the operator itself decides."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from refit_cli.answers import LEFT_OUT, OF_THE_OPERATOR, State, answers, first_hold, reason_of
from refit_cli.cluster import MONITOR
from refit_cli.next_step import TO_DO, next_step
from refit_cli.objects import see
from refit_cli.status import observe, render, to_json
from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules.decide import CHECKS, ROLLBACK_CHECKS, decide
from refit_operator.monitor.rules.decision import Hold, Observed
from tests.support.cli import Objects, document_of, reconciled, text_of
from tests.support.monitor_cases import HELD, STARTED
from tests.support.monitors import BAD, GOOD, SERVING_UP, finished, promoted, readings, requested, seen
from tests.support.samples import make_monitor, make_run


def as_read(o: Observed) -> Observed:
    """Return what the plugin reads of a situation that the operator has reconciled: no readings, and no memory."""
    api = Objects.of(o)
    return observe(api, see(api, "reviews"))


UNSEEN = {"an older monitor's target", "guards that weren't queried", "a pointer handed back by a person"}
"""Situations of a table that are given as facts, and aren't in the objects or the monitor's status."""


@pytest.mark.parametrize("name", [name for name in HELD if name not in UNSEEN])
def test_the_first_check_that_holds_is_the_operators(name: str) -> None:
    o, reason = HELD[name]
    held = first_hold(answers(as_read(o)))
    assert held is not None and held.reason is reason, [a.to_json() for a in answers(as_read(o))]


@pytest.mark.parametrize("name", [name for name in STARTED if name not in UNSEEN])
def test_nothing_holds_where_the_operator_starts_a_run(name: str) -> None:
    held = first_hold(answers(as_read(STARTED[name])))
    assert held is None, held


def test_an_older_monitor_of_the_target_is_found() -> None:
    older = make_monitor(metadata={"name": "first", "uid": "first-uid", "creationTimestamp": "2026-11-01T00:00:00Z"})
    api = Objects.of(seen(), document_of("ModelMonitor", older))
    held = first_hold(answers(observe(api, see(api, "reviews"))))
    assert held is not None and held.message == "monitor 'first' has this target"


def test_a_pointer_that_was_handed_over_holds_nothing() -> None:
    handed = make_monitor(metadata={"annotations": {"refit.dev/take-pointer": "#1"}})
    o = seen(monitor=handed, runs=(promoted("file:///models/a@x"),), taken_pointer="#1")
    assert first_hold(answers(as_read(o))) is None


def test_every_check_has_an_answer_in_the_order_of_the_decision() -> None:
    wanted = [reason_of(check) for check in CHECKS if check not in LEFT_OUT]
    assert [answer.reason for answer in answers(as_read(seen()))] == wanted
    assert set(CHECKS) >= OF_THE_OPERATOR


def test_what_a_request_ignores_is_said_to_be() -> None:
    found = {answer.reason: answer.state for answer in answers(as_read(seen(GOOD, monitor=requested())))}
    assert found[Reason.WITHIN] is State.IGNORED and found[Reason.COOLING_DOWN] is State.IGNORED


def test_a_requested_rollback_has_its_own_checks() -> None:
    note = {"refit.dev/rollback-requested-at": "2026-11-24T11:59:00Z"}
    o = as_read(seen(monitor=make_monitor(metadata={"annotations": note})))
    assert [answer.reason for answer in answers(o)] == [reason_of(check) for check in ROLLBACK_CHECKS]


def test_what_comes_after_the_first_that_holds_may_not_be_known() -> None:
    found = {answer.reason: answer for answer in answers(as_read(seen(runs=(finished(55),))))}
    assert found[Reason.GAVE_UP].state is State.PASSES
    assert found[Reason.COOLING_DOWN].state is State.HOLDS
    assert (found[Reason.MASS_BREACH].state, found[Reason.MASS_BREACH].message) == (
        State.UNKNOWN,
        "not reached: CoolingDown holds",
    )


def test_guards_are_unknown_until_a_run_is_next() -> None:
    o = as_read(seen(GOOD, GOOD, GOOD, GOOD, GOOD, monitor=make_monitor(guards=[SERVING_UP])))
    assert answers(o)[-1].state is State.UNKNOWN


def test_before_the_first_reconciliation_nothing_is_made_up() -> None:
    api = Objects.of(seen())
    api.patch(MONITOR, "reviews", {"status": None})
    found = {answer.reason: answer for answer in answers(observe(api, see(api, "reviews")))}
    assert found[Reason.METRIC_UNAVAILABLE].message == "no reading yet"
    assert found[Reason.MASS_BREACH].state is State.UNKNOWN


@pytest.mark.parametrize("name", HELD)
def test_whatever_holds_there_is_something_to_do_or_to_wait_for(name: str) -> None:
    o, _ = HELD[name]
    decision = decide(o)
    assert isinstance(decision, Hold)
    assert decision.reason in TO_DO or next_step(as_read(o), first_hold(answers(as_read(o))))


def test_the_next_reading_is_said_by_the_grid() -> None:
    o = seen(GOOD, GOOD, GOOD, GOOD, GOOD)
    later = as_read(replace(o, now=o.now))
    told = next_step(replace(later, now=later.now + timedelta(minutes=3)), first_hold(answers(later)))
    assert told == "The next reading is at 12:10:15 UTC, in 7 min."


def test_the_end_of_a_cooldown_is_said() -> None:
    o = as_read(seen(runs=(finished(55),)))
    told = next_step(o, first_hold(answers(o)))
    assert told == "The next run may start at 12:05:00 UTC, in 5 min, if the metric is in breach then."


def test_a_run_under_way_is_named() -> None:
    o = as_read(seen(runs=(make_run(1),)))
    assert next_step(o, first_hold(answers(o))) == f"What it does: kubectl refit why {make_run(1).metadata.name}"
    waiting = as_read(seen(runs=(make_run(1, status={"stage": "AwaitingApproval"}),)))
    assert f"kubectl refit approve {make_run(1).metadata.name}" in next_step(waiting, first_hold(answers(waiting)))


def test_the_screen_has_what_holds_and_counts_what_passes() -> None:
    o = as_read(seen(GOOD, GOOD, BAD, GOOD, BAD))
    text = text_of(render(o, answers(o)))
    assert "shop/reviews  Monitoring" in text
    assert "accuracy 0.8 < 0.85, 2 of 5 readings in breach" in " ".join(text.split())
    assert "that pass" in text and "TargetMissing" not in text
    assert "TargetMissing" in text_of(render(o, answers(o), wide=True))


def test_evidence_is_shown_where_outcomes_are_counted() -> None:
    evidence = {
        "statistic": "1240",
        "needed": "8640",
        "value": "0.7931",
        "outcomes": 450,
        "since": "2026-11-24T09:00:00Z",
    }
    status = {"metric": {"value": "0.7931", "reading": "Value", "evidence": evidence}, "observedGeneration": 1}
    o = seen(monitor=make_monitor(status=status))
    assert "1,240 of the 8,640 that make a breach; 0.7931 over 450 outcomes since" in text_of(render(o, []))


def test_data_is_whole_and_serializable() -> None:
    o = as_read(seen(window=readings(GOOD, GOOD, BAD)))
    data = json.loads(json.dumps(to_json(o, answers(o))))
    assert data["observed"] is True and data["checks"][0] == {
        "check": "QueryRefused",
        "answer": "passes",
        "message": "",
        "source": "operator",
    }


def test_a_query_that_does_not_parse_is_known_without_the_operator() -> None:
    o = seen(monitor=make_monitor(metric={"query": "sum("}))
    api = Objects.of(replace(o, monitor=make_monitor()))
    api.patch(MONITOR, "reviews", {"spec": {"metric": {"query": "sum("}}})
    held = first_hold(answers(observe(api, see(api, "reviews"))))
    assert held is not None and held.reason is Reason.QUERY_REFUSED and not held.by_operator
    assert reconciled(seen()).status.state == "Breached"
