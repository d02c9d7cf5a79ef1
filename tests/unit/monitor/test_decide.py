"""When to retrain: each check alone, and their order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules.decide import (
    CHECKS,
    NOT_FOR_REQUESTS,
    PERMISSIONS,
    checks_for,
    decide,
    first_hold,
    only_guards_are_left,
    start_run,
)
from refit_operator.monitor.rules.decision import Hold, Observed, StartRun
from refit_operator.prometheus.rules.mass_breach import Scope
from tests.support.checks import first_answer, reason_of
from tests.support.monitor_cases import HELD, STARTED
from tests.support.monitors import BAD, GOOD, LONG_AGO, MASS, SERVING_UP, finished, guarded, requested, seen
from tests.support.samples import NEW_DIGEST, NOW, in_buckets, make_monitor, make_run


@pytest.mark.parametrize("name", HELD)
def test_what_holds(name: str) -> None:
    observed, reason = HELD[name]
    decision = decide(observed)
    assert isinstance(decision, Hold)
    assert decision.reason is reason
    assert reason_of(first_answer(checks_for(observed), observed)) is reason


@pytest.mark.parametrize("name", STARTED)
def test_what_starts_a_run(name: str) -> None:
    assert isinstance(decide(STARTED[name]), StartRun)


def test_the_run_says_what_it_was_decided_on() -> None:
    pointer = f"file:///models/checkpoints/reviews/one@{NEW_DIGEST}"
    spec = start_run(seen(pointer=pointer)).body["spec"]
    assert spec["servedCheckpoint"] == f"pvc://models/checkpoints/reviews/one@{NEW_DIGEST}"
    assert spec["startingCheckpoint"] == spec["servedCheckpoint"]
    assert spec["livePointer"] == pointer
    assert spec["trigger"]["value"] == BAD


def test_start_from_base() -> None:
    monitor = make_monitor(training={"startFrom": "Base", "baseModel": "pvc://models/minilm"})
    spec = start_run(seen(monitor=monitor)).body["spec"]
    assert (spec["startingCheckpoint"], spec["servedCheckpoint"]) == ("pvc://models/minilm", "pvc://models/reviews-v1")


def test_the_ordinal_counts_what_exists_and_what_the_status_remembers() -> None:
    def ordinal(attempts: int, *ordinals: int) -> int:
        runs = tuple(make_run(n, status={"outcome": "Failed"}) for n in ordinals)
        return int(
            start_run(seen(monitor=make_monitor(status={"attempts": attempts}), runs=runs)).body["spec"]["ordinal"]
        )

    assert [ordinal(0), ordinal(0, 1), ordinal(7), ordinal(2, 5)] == [1, 2, 8, 6]


def test_the_runs_name_follows_from_monitor_and_ordinal() -> None:
    first, again = start_run(seen()).body, start_run(seen(GOOD, BAD, BAD, BAD)).body
    assert first["metadata"]["name"] == again["metadata"]["name"]
    other = start_run(seen(monitor=make_monitor(metadata={"uid": "another"}))).body
    assert other["metadata"]["name"] != first["metadata"]["name"]


def test_the_order_of_the_checks() -> None:
    assert [check.__name__ for check in CHECKS] == [
        "query_refused",
        "source_forbidden",
        "secret_missing",
        "target_not_served",
        "target_missing",
        "target_claimed",
        "target_not_wired",
        "invalid_spec",
        "target_replaced",
        "overruled",
        "field_conflict",
        "nothing_to_roll_back",
        "rollback_requested",
        "suspended",
        "mode_observe",
        "run_active",
        "target_halted",
        "rollout_stuck",
        "no_room",
        "pod_silent",
        "metric_unavailable",
        "within",
        "gave_up",
        "cooling_down",
        "budget_spent",
        "mass_breach",
        "guards_not_queried",
        "guard_failed",
    ]


def test_what_a_target_lacks_is_said_in_the_clusters_words() -> None:
    hold = decide(HELD["a target whose pods a quota doesn't allow"][0])
    assert isinstance(hold, Hold)
    assert hold.message.startswith("Deployment 'reviews' could roll nothing out: FailedCreate: pods")
    assert "exceeded quota: few" in hold.message


def test_models_and_rows_may_be_in_object_stores() -> None:
    start = decide(seen(monitor=in_buckets("s3://data/held")))
    assert isinstance(start, StartRun), start


@pytest.mark.parametrize(
    ("train", "holdout", "starts"),
    [
        ("hf://datasets/org/rows", "hf://datasets/org/held", True),
        ("hf://datasets/org/rows/train", "hf://datasets/org/rows/test", True),
        ("hf://datasets/org/rows", "hf://datasets/org/rows", False),
        ("hf://datasets/org/rows@v1", "hf://datasets/org/rows@v2", False),
        ("pvc://datasets/rows", "hf://datasets/org/held", True),
    ],
)
def test_rows_on_the_hub_are_told_apart_by_repository_and_path(train: str, holdout: str, starts: bool) -> None:
    decision = decide(seen(monitor=make_monitor(training={"dataset": {"train": train, "holdout": holdout}})))
    assert isinstance(decision, StartRun) is starts


def test_what_a_breach_needs_that_isnt_there_yet() -> None:
    missing = [check.__name__ for check in CHECKS if check not in PERMISSIONS]
    assert missing == ["within", "guards_not_queried"]
    assert PERMISSIONS[-1].__name__ == "guard_failed"


def test_what_a_request_goes_past() -> None:
    assert [check.__name__ for check in NOT_FOR_REQUESTS] == [
        "rollout_stuck",
        "metric_unavailable",
        "within",
        "gave_up",
        "cooling_down",
        "mass_breach",
    ]
    assert checks_for(seen()) == CHECKS
    assert set(CHECKS) - set(checks_for(seen(monitor=requested()))) == set(NOT_FOR_REQUESTS)


def test_a_requested_run_says_so() -> None:
    trigger = start_run(seen(GOOD, monitor=requested(1))).body["spec"]["trigger"]
    assert trigger["reason"] == "Manual"
    assert trigger["value"] == GOOD
    asked_at = (NOW - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    assert trigger["time"] == asked_at
    answered = make_run(1, status={"outcome": "Failed", "completionTime": asked_at}, trigger=trigger)
    assert isinstance(decide(seen(GOOD, monitor=requested(1), runs=(answered,))), Hold)


def test_a_guards_failure_names_it_and_its_reading() -> None:
    messages = [decide(guarded(*values)).message for values in ((0, 0), (1, 0.25), (None, 0))]
    assert messages == [
        "guard serving-up: 0 < atLeast 1",
        "guard few-errors: 0.25 > atMost 0.1",
        "guard serving-up: no data: the query returned nothing",
    ]


@pytest.mark.parametrize(
    ("observed", "want"),
    [
        (seen(monitor=make_monitor(guards=[SERVING_UP])), True),
        (seen(GOOD, monitor=make_monitor(guards=[SERVING_UP])), False),
        (seen(GOOD, monitor=requested(guards=[SERVING_UP])), True),
        (seen(monitor=make_monitor(guards=[SERVING_UP], suspend=True)), False),
    ],
)
def test_guards_are_asked_only_when_all_else_allows_a_run(observed: Observed, want: bool) -> None:
    assert only_guards_are_left(observed) is want


def test_guards_that_nobody_asked_dont_forbid_a_breach() -> None:
    calm = seen(GOOD, monitor=make_monitor(guards=[SERVING_UP]))
    assert first_hold(calm, PERMISSIONS) is None
    failed = first_hold(guarded(0, 0), PERMISSIONS)
    assert failed is not None
    assert failed.reason is Reason.GUARD_FAILED


@pytest.mark.parametrize(
    ("scope", "words"),
    [(Scope.MONITORS, "8 of 12 monitors of"), (Scope.NAMESPACES, "8 of 12 other namespaces with monitors of")],
)
def test_the_message_of_a_mass_breach_has_its_numbers(scope: Scope, words: str) -> None:
    assert decide(seen(mass_breach=replace(MASS, scope=scope))).message.startswith(
        f"{words} http://prometheus:9090 fell into breach within 10m: "
    )


def test_the_run_remembers_the_generation_it_was_decided_by() -> None:
    spec = start_run(seen(monitor=make_monitor(metadata={"generation": 7}))).body["spec"]
    assert spec["monitorRef"]["generation"] == 7


def rolled_out(ordinal: int, old: str, new: str) -> Any:
    change = {"targetUid": "target-uid", "old": old, "new": new, "time": LONG_AGO}
    return finished(60, "Promoted", ordinal, status={"pointerChange": change, "rolledOutTime": LONG_AGO})


def test_a_run_names_what_may_not_be_pruned() -> None:
    one, two = (f"file:///models/checkpoints/reviews/{n}@{NEW_DIGEST}" for n in ("one", "two"))
    runs = (rolled_out(1, "", one), rolled_out(2, one, two), finished(30, ordinal=3))
    names = ["pvc://models/checkpoints/reviews/one", "pvc://models/checkpoints/reviews/two"]
    assert start_run(seen(pointer=two, runs=runs)).body["spec"]["protectedCheckpoints"] == names
    by_hand = f"file:///models/by-hand@{NEW_DIGEST}"
    overruled = start_run(seen(pointer=by_hand, runs=runs)).body["spec"]["protectedCheckpoints"]
    assert overruled == ["pvc://models/by-hand", *names]
    assert start_run(seen()).body["spec"]["protectedCheckpoints"] == []


@pytest.mark.parametrize(
    ("window", "starts"),
    [
        ((GOOD, GOOD, BAD, BAD, BAD), True),
        ((BAD, GOOD, BAD, GOOD, BAD), True),
        ((BAD, BAD, BAD, BAD, GOOD), False),
        ((BAD, BAD, BAD, BAD, 0.85), False),
    ],
)
def test_a_run_starts_on_a_reading_in_breach(window: tuple[float, ...], starts: bool) -> None:
    """What held the breach, a mass breach for one, may end because the metric came back."""
    assert isinstance(decide(seen(*window)), StartRun) is starts
