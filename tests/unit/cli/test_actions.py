"""What the commands that change something write: exactly the documented fields, once."""

from collections.abc import Callable
from typing import Any

import pytest

from refit_cli import actions
from refit_cli.cluster import MONITOR
from refit_cli.exits import Exit, Failed
from refit_operator.api.run import Approval
from refit_operator.target.rules.view import parse_target
from tests.support.cli import Objects
from tests.support.monitors import finished, promoted, requested, seen
from tests.support.samples import deployment, make_monitor, make_run, stock_deployment

NOW_TEXT = "2026-11-24T12:00:00Z"
RETRAIN = ("ModelMonitor/reviews", {"metadata": {"annotations": {"refit.dev/retrain-requested-at": NOW_TEXT}}})
ROLLBACK = ("ModelMonitor/reviews", {"metadata": {"annotations": {"refit.dev/rollback-requested-at": NOW_TEXT}}})
POINTER = "file:///models/a@sha256:1"


def test_a_run_is_requested_at_the_servers_time() -> None:
    api = Objects.of(seen())
    assert actions.retrain(api, "reviews").message == "run requested"
    assert api.patched == [RETRAIN]


def test_a_request_that_is_open_is_not_made_again() -> None:
    api = Objects.of(seen(monitor=requested()))
    done = actions.retrain(api, "reviews")
    assert (done.changed, api.patched) == (False, [])
    assert "requested already, since 2026-11-24T11:59:00Z" in done.message


@pytest.mark.parametrize(
    ("spec", "reason"), [({"suspend": True}, "(Suspended)"), ({"mode": "Observe"}, "(ModeObserve)")]
)
def test_a_request_says_what_it_waits_for(spec: dict[str, Any], reason: str) -> None:
    api = Objects.of(seen(monitor=make_monitor(**spec)))
    assert reason in actions.retrain(api, "reviews").message
    assert api.patched == [RETRAIN]


def test_a_request_ignores_what_the_operator_ignores_of_it() -> None:
    api = Objects.of(seen(0.95, 0.95, runs=(finished(5),)))
    assert actions.retrain(api, "reviews").message == "run requested"


def test_a_rollback_is_requested_where_a_run_promoted_what_serves() -> None:
    api = Objects.of(seen(runs=(promoted(POINTER),), target=parse_target(deployment(POINTER))))
    assert actions.rollback(api, "reviews").message == "rollback to reviews-v1 requested"
    assert api.patched == [ROLLBACK]


def test_a_rollback_without_a_promotion_is_refused() -> None:
    api = Objects.of(seen())
    with pytest.raises(Failed, match="no pointer to restore") as refused:
        actions.rollback(api, "reviews")
    assert (refused.value.code, api.patched) == (Exit.CONFLICT, [])


def test_a_rollback_ends_a_run_before_its_promotion() -> None:
    api = Objects.of(seen(runs=(make_run(1),)))
    assert "ends the run under way" in actions.rollback(api, "reviews").message
    assert api.patched == [ROLLBACK]


def test_the_pointer_is_taken_by_the_annotation_that_the_operator_prints() -> None:
    o = seen(runs=(promoted(POINTER),), target=parse_target(deployment("file:///models/b@sha256:2")))
    api = Objects.of(o)
    assert actions.take(api, "reviews").changed
    note = {"metadata": {"annotations": {"refit.dev/take-pointer": "file:///models/b@sha256:2#1"}}}
    assert api.patched == [("ModelMonitor/reviews", note)]


def test_a_pointer_that_is_the_operators_is_not_taken() -> None:
    api = Objects.of(seen(runs=(promoted(POINTER),), target=parse_target(deployment(POINTER))))
    assert not actions.take(api, "reviews").changed and api.patched == []


def test_a_pointer_whose_parts_disagree_is_not_taken() -> None:
    torn = parse_target(stock_deployment(POINTER, path="/models/b"))
    api = Objects.of(seen(runs=(promoted(POINTER),), target=torn))
    with pytest.raises(Failed, match="which model serves isn't known") as refused:
        actions.take(api, "reviews")
    assert (refused.value.code, api.patched) == (Exit.CONFLICT, [])


def test_suspend_and_resume_set_one_field_and_say_so_once() -> None:
    api = Objects.of(seen())
    assert actions.suspend(api, "reviews", True).message == "suspended"
    assert not actions.suspend(api, "reviews", True).changed
    assert actions.suspend(api, "reviews", False).message == "not suspended"
    assert api.patched == [
        ("ModelMonitor/reviews", {"spec": {"suspend": True}}),
        ("ModelMonitor/reviews", {"spec": {"suspend": False}}),
    ]


def test_suspend_names_whoever_sets_the_field_too() -> None:
    api = Objects.of(seen())
    fields: dict[str, Any] = {"f:spec": {"f:suspend": {}}}
    api.patch(MONITOR, "reviews", {"metadata": {"managedFields": [{"manager": "argocd", "fieldsV1": fields}]}})
    assert "field manager 'argocd' sets spec.suspend, too" in actions.suspend(api, "reviews", True).message


Act = Callable[[Objects, str], actions.Done]


def approve(api: Objects, name: str) -> actions.Done:
    return actions.decide_on(api, name, Approval.APPROVED)


def reject(api: Objects, name: str) -> actions.Done:
    return actions.decide_on(api, name, Approval.REJECTED)


@pytest.mark.parametrize(
    ("act", "field"),
    [
        (approve, {"approval": "Approved", "approvalBy": "ada@example.com"}),
        (reject, {"approval": "Rejected", "approvalBy": "ada@example.com"}),
        (actions.abort, {"abort": True}),
    ],
)
def test_a_run_is_found_by_its_name_or_its_monitors(act: Act, field: dict[str, Any]) -> None:
    run = make_run(2, mode="Approve")
    for name in (run.metadata.name, "reviews", "mmon/reviews"):
        api = Objects.of(seen(runs=(finished(300), run)))
        assert act(api, name).changed
        assert api.patched == [(f"RetrainRun/{run.metadata.name}", {"spec": field})]


@pytest.mark.parametrize("act", [approve, reject, actions.abort])
def test_a_run_that_ended_is_left_alone(act: Act) -> None:
    api = Objects.of(seen(runs=(finished(5, status={"message": "not better"}),)))
    with pytest.raises(Failed, match=r"has ended \(Rejected\): not better") as refused:
        act(api, "reviews")
    assert (refused.value.code, api.patched) == (Exit.CONFLICT, [])


def test_what_was_said_of_a_run_stays() -> None:
    api = Objects.of(seen(runs=(make_run(1, mode="Approve"),)))
    assert approve(api, "reviews").message == "approved"
    assert not approve(api, "reviews").changed
    with pytest.raises(Failed, match="is approved already, which cannot be changed"):
        reject(api, "reviews")
    assert len(api.patched) == 1


def test_a_reason_is_kept_with_the_approval() -> None:
    api = Objects.of(seen(runs=(make_run(1, mode="Approve"),)))
    actions.decide_on(api, "reviews", Approval.REJECTED, reason="worse on tweets")
    ((_, patched),) = api.patched
    assert patched["spec"]["approvalReason"] == "worse on tweets"


def test_an_approval_that_nothing_waits_for_says_so() -> None:
    assert "which promotes without" in approve(Objects.of(seen(runs=(make_run(1),))), "reviews").message


def test_names_that_are_not_there_are_said_with_those_that_are() -> None:
    api = Objects.of(seen())
    with pytest.raises(Failed, match="no ModelMonitor 'orders' in namespace shop: there are reviews") as missing:
        actions.suspend(api, "orders", True)
    assert missing.value.code is Exit.NOT_FOUND
    with pytest.raises(Failed, match="has no runs yet"):
        actions.abort(api, "reviews")
    with pytest.raises(Failed, match="no RetrainRun and no ModelMonitor 'orders'"):
        actions.abort(api, "orders")
