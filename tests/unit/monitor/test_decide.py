"""When to retrain: each check alone, and their order."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import Reason
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
from refit_operator.prometheus.rules.mass_breach import MassBreach
from refit_operator.prometheus.rules.reading import (
    FailureKind,
    NoData,
    NotANumber,
    QueryFailed,
    Stale,
    TooFewSamples,
    Value,
)
from refit_operator.target.rules.view import parse_target
from tests.unit.samples import NEW_DIGEST, NOW, deployment, in_buckets, make_monitor, make_run

BAD, GOOD = 0.8, 0.9
INTERVAL = timedelta(minutes=10)
LONG_AGO = (NOW - timedelta(days=3)).isoformat()


def readings(*values: float | None) -> tuple[Any, ...]:
    """Return readings ten minutes apart, the last one now; None is no data."""
    times = [NOW - INTERVAL * (len(values) - 1 - i) for i in range(len(values))]
    return tuple(NoData(t) if v is None else Value(v, t) for v, t in zip(values, times, strict=True))


def seen(*values: float | None, pointer: str = "", **more: Any) -> Observed:
    facts: dict[str, Any] = {
        "monitor": make_monitor(),
        "target": parse_target(deployment(pointer)),
        "runs": (),
        "window": readings(*(values or (BAD, BAD, BAD, BAD, BAD))),
        "query_range": INTERVAL,
    }
    return Observed(now=NOW, **(facts | more))


def finished(minutes_ago: float, outcome: str = "Rejected", ordinal: int = 1, **more: Any) -> Any:
    time = NOW - timedelta(minutes=minutes_ago)
    status = {"outcome": outcome, "completionTime": time.isoformat()} | more.pop("status", {})
    return make_run(ordinal, status=status, created=time - timedelta(minutes=10), **more)


def failures(count: int, latest_hours_ago: int = 25) -> Any:
    """Return runs that failed an hour apart, the newest by default outside of the budget's day."""
    return tuple(finished(60 * (latest_hours_ago + count - n), "Failed", n) for n in range(1, count + 1))


def requested(minutes_ago: float = 1, **spec: Any) -> Any:
    time = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    return make_monitor(metadata={"annotations": {"refit.dev/retrain-requested-at": time}}, **spec)


MASS = MassBreach("http://prometheus:9090", 8, 12, INTERVAL)
SERVING_UP = {"name": "serving-up", "query": "min(up)", "atLeast": 1}
FEW_ERRORS = {"name": "few-errors", "query": "errors", "atMost": 0.1}


def guarded(*values: float | None) -> Observed:
    """Return a breach with two guards that gave those values."""
    given = tuple(NoData(NOW) if value is None else Value(value, NOW) for value in values)
    return seen(monitor=make_monitor(guards=[SERVING_UP, FEW_ERRORS]), guards=given)


def promoted(new: str, uid: str = "target-uid") -> Any:
    time = (NOW - timedelta(hours=3)).isoformat()
    change = {"targetUid": uid, "old": "", "new": new, "time": time}
    return make_run(
        1, status={"outcome": "Promoted", "completionTime": time, "rolledOutTime": time, "pointerChange": change}
    )


def unwired() -> Any:
    found = deployment()
    found["spec"]["template"]["spec"]["containers"][0]["env"] = []
    return parse_target(found)


def unmounted() -> Any:
    found = deployment()
    found["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = []
    return parse_target(found)


HELD = {
    "a query that doesn't parse": (seen(query_error="unexpected )"), Reason.QUERY_REFUSED),
    "a query that Prometheus refuses": (
        seen(window=QueryFailed(FailureKind.BadQuery, "many-to-many", NOW)),
        Reason.QUERY_REFUSED,
    ),
    "a server that nobody allowed": (
        seen(window=QueryFailed(FailureKind.Forbidden, "not allowed", NOW)),
        Reason.SOURCE_FORBIDDEN,
    ),
    "a Secret that isn't there": (
        seen(window=QueryFailed(FailureKind.BadSecret, "no Secret", NOW)),
        Reason.SECRET_MISSING,
    ),
    "a digest that isn't there yet": (
        seen(window=QueryFailed(FailureKind.NoValue, "$(digest)", NOW)),
        Reason.METRIC_UNAVAILABLE,
    ),
    "no Deployment": (seen(target=None), Reason.TARGET_MISSING),
    "an older monitor's target": (seen(claimed_by="first"), Reason.TARGET_CLAIMED),
    "nobody reads the pointer": (seen(target=unwired()), Reason.TARGET_NOT_WIRED),
    "the claim isn't mounted": (seen(target=unmounted()), Reason.TARGET_NOT_WIRED),
    "nothing to start from": (seen(monitor=make_monitor(serving={"initialModel": None})), Reason.INVALID_SPEC),
    "a model in the server's image": (
        seen(monitor=make_monitor(serving={"initialModel": "file:///opt/model"})),
        Reason.INVALID_SPEC,
    ),
    "the holdout where training looks": (
        seen(monitor=make_monitor(training={"dataset": {"holdout": "pvc://models/holdout"}})),
        Reason.INVALID_SPEC,
    ),
    "the holdout in a bucket's folder that training reads": (
        seen(monitor=in_buckets("s3://data/rows/held")),
        Reason.INVALID_SPEC,
    ),
    "an undo after a promotion": (seen(runs=(promoted("file:///models/a@x"),)), Reason.OVERRULED),
    "a target made anew after a promotion": (
        seen(runs=(promoted("file:///models/a@x", uid="of the one before"),)),
        Reason.TARGET_REPLACED,
    ),
    "suspended": (seen(monitor=make_monitor(suspend=True)), Reason.SUSPENDED),
    "observing": (seen(monitor=make_monitor(mode="Observe")), Reason.MODE_OBSERVE),
    "a run under way": (seen(runs=(make_run(1),)), Reason.RUN_ACTIVE),
    "no data now": (seen(BAD, BAD, BAD, BAD, None), Reason.METRIC_UNAVAILABLE),
    "NaN now": (seen(window=(*readings(BAD, BAD, BAD, BAD), NotANumber(NOW))), Reason.METRIC_UNAVAILABLE),
    "Prometheus is down": (
        seen(window=QueryFailed(FailureKind.Refused, "connection refused", NOW)),
        Reason.METRIC_UNAVAILABLE,
    ),
    "no data at all": (seen(None, None, None, None, None), Reason.METRIC_UNAVAILABLE),
    "a good reading": (seen(GOOD, GOOD, GOOD, GOOD, GOOD), Reason.WITHIN),
    "two bad ones of five": (seen(GOOD, GOOD, BAD, GOOD, BAD), Reason.WITHIN),
    "exactly the threshold": (seen(0.85, 0.85, 0.85, 0.85, 0.85), Reason.WITHIN),
    "readings of before the last run's end": (seen(runs=(finished(25),)), Reason.WITHIN),
    "readings of before the monitor": (
        seen(monitor=make_monitor(metadata={"creationTimestamp": (NOW - timedelta(minutes=25)).isoformat()})),
        Reason.WITHIN,
    ),
    "a run that doesn't say when it ended": (
        seen(runs=(make_run(1, status={"outcome": "Failed"}, created=NOW - timedelta(minutes=35)),)),
        Reason.COOLING_DOWN,
    ),
    "cooling down": (seen(runs=(finished(55),)), Reason.COOLING_DOWN),
    "stale now": (seen(window=(*readings(BAD, BAD, BAD, BAD), Stale(None, NOW))), Reason.METRIC_UNAVAILABLE),
    "too few samples now": (
        seen(window=(*readings(BAD, BAD, BAD, BAD), TooFewSamples(3, NOW))),
        Reason.METRIC_UNAVAILABLE,
    ),
    "three runs for nothing": (seen(runs=failures(3)), Reason.GAVE_UP),
    "one run for nothing where that is enough": (
        seen(monitor=make_monitor(policy={"giveUpAfter": 1}), runs=failures(1)),
        Reason.GAVE_UP,
    ),
    "three runs today": (
        seen(monitor=make_monitor(policy={"giveUpAfter": 9}), runs=failures(3, latest_hours_ago=2)),
        Reason.BUDGET_SPENT,
    ),
    "the whole server in breach": (seen(mass_breach=MASS), Reason.MASS_BREACH),
    "a guard below": (guarded(0, 0.05), Reason.GUARD_FAILED),
    "a guard above": (guarded(1, 0.2), Reason.GUARD_FAILED),
    "a guard without a value": (guarded(1, None), Reason.GUARD_FAILED),
    "guards that weren't queried": (seen(monitor=make_monitor(guards=[SERVING_UP])), Reason.GUARDS_NOT_QUERIED),
    "a request while suspended": (seen(monitor=requested(suspend=True)), Reason.SUSPENDED),
    "a request while observing": (seen(monitor=requested(mode="Observe")), Reason.MODE_OBSERVE),
    "a request during a run": (seen(monitor=requested(), runs=(make_run(1),)), Reason.RUN_ACTIVE),
    "a request beyond the budget": (
        seen(monitor=requested(policy={"maxRuns": {"count": 1}}), runs=(finished(120),)),
        Reason.BUDGET_SPENT,
    ),
    "a request against a guard": (
        seen(monitor=requested(guards=[SERVING_UP]), guards=(Value(0.0, NOW),)),
        Reason.GUARD_FAILED,
    ),
    "a request from before the monitor": (seen(GOOD, monitor=requested(60 * 24)), Reason.WITHIN),
    "a request from the future": (seen(GOOD, monitor=requested(-1)), Reason.WITHIN),
}

STARTED = {
    "five bad ones": seen(),
    "three bad ones of five": seen(BAD, GOOD, BAD, GOOD, BAD),
    "bad ones with a gap": seen(BAD, None, BAD, None, BAD),
    "after the cooldown": seen(runs=(finished(61),)),
    "a pointer handed back by a person": seen(runs=(promoted("file:///models/a@x"),), taken_pointer="#1"),
    "after two runs for nothing": seen(runs=failures(2)),
    "two runs today": seen(runs=failures(2, latest_hours_ago=2)),
    "guards that hold exactly": guarded(1, 0.1),
    "a request, whatever the metric says": seen(GOOD, monitor=requested()),
    "a request without a reading": seen(None, monitor=requested()),
    "a request during the cooldown": seen(GOOD, monitor=requested(), runs=(finished(30, trigger={"time": LONG_AGO}),)),
    "a request after three runs for nothing": seen(
        GOOD, monitor=requested(), runs=tuple(finished(60 * n, trigger={"time": LONG_AGO}) for n in (29, 28, 27))
    ),
    "a request amid a mass breach": seen(monitor=requested(), mass_breach=MASS),
    "above, for an error rate": seen(
        0.2, 0.2, 0.2, monitor=make_monitor(metric={"direction": "Above", "threshold": 0.1})
    ),
}


@pytest.mark.parametrize("name", HELD)
def test_what_holds(name: str) -> None:
    observed, reason = HELD[name]
    decision = decide(observed)
    assert isinstance(decision, Hold)
    assert decision.reason is reason


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
        "target_missing",
        "target_claimed",
        "target_not_wired",
        "invalid_spec",
        "target_replaced",
        "overruled",
        "rollback_requested",
        "suspended",
        "mode_observe",
        "run_active",
        "metric_unavailable",
        "within",
        "gave_up",
        "cooling_down",
        "budget_spent",
        "mass_breach",
        "guards_not_queried",
        "guard_failed",
    ]


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


def test_the_message_of_a_mass_breach_has_its_numbers() -> None:
    assert decide(seen(mass_breach=MASS)).message.startswith(
        "8 of 12 monitors of http://prometheus:9090 fell into breach within 10m: "
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
