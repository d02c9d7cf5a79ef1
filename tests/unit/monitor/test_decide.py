"""When to retrain: each check alone, and their order."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import Reason
from refit_operator.monitor.decide import CHECKS, PERMISSIONS, decide, metric_is_in_breach, start_run
from refit_operator.monitor.decision import Hold, Observed, StartRun
from refit_operator.signal.reading import FailureKind, NoData, NotANumber, QueryFailed, Value
from refit_operator.target.view import parse_target
from tests.unit.samples import NEW_DIGEST, NOW, deployment, make_monitor, make_run

BAD, GOOD = 0.8, 0.9
INTERVAL = timedelta(minutes=10)


def readings(*values: float | None) -> tuple[Any, ...]:
    """Return readings ten minutes apart, the last one now; None is no data."""
    times = [NOW - INTERVAL * (len(values) - 1 - i) for i in range(len(values))]
    return tuple(NoData(t) if v is None else Value(v, t) for v, t in zip(values, times, strict=True))


def look(*values: float | None, pointer: str = "", **more: Any) -> Observed:
    facts: dict[str, Any] = {
        "monitor": make_monitor(),
        "target": parse_target(deployment(pointer)),
        "runs": (),
        "window": readings(*(values or (BAD, BAD, BAD, BAD, BAD))),
        "query_range": INTERVAL,
    }
    return Observed(now=NOW, **(facts | more))


def finished(minutes_ago: float, outcome: str = "Rejected") -> Any:
    time = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    return make_run(1, status={"outcome": outcome, "completionTime": time})


def promoted(new: str) -> Any:
    time = (NOW - timedelta(hours=3)).isoformat()
    change = {"targetUid": "t", "old": "", "new": new, "time": time}
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
    "a query that doesn't parse": (look(query_error="unexpected )"), Reason.QUERY_REFUSED),
    "a query that Prometheus refuses": (
        look(window=QueryFailed(FailureKind.BadQuery, "many-to-many", NOW)),
        Reason.QUERY_REFUSED,
    ),
    "no Deployment": (look(target=None), Reason.TARGET_MISSING),
    "an older monitor's target": (look(claimed_by="first"), Reason.TARGET_CLAIMED),
    "nobody reads the pointer": (look(target=unwired()), Reason.TARGET_NOT_WIRED),
    "the claim isn't mounted": (look(target=unmounted()), Reason.TARGET_NOT_WIRED),
    "nothing to start from": (look(monitor=make_monitor(serving={"initialModel": None})), Reason.INVALID_SPEC),
    "a model in the server's image": (
        look(monitor=make_monitor(serving={"initialModel": "file:///opt/model"})),
        Reason.INVALID_SPEC,
    ),
    "the holdout where training looks": (
        look(monitor=make_monitor(training={"dataset": {"holdout": "pvc://models/holdout"}})),
        Reason.INVALID_SPEC,
    ),
    "an undo after a promotion": (look(runs=(promoted("file:///models/a@x"),)), Reason.OVERRULED),
    "suspended": (look(monitor=make_monitor(suspend=True)), Reason.SUSPENDED),
    "observing": (look(monitor=make_monitor(mode="Observe")), Reason.MODE_OBSERVE),
    "a run under way": (look(runs=(make_run(1),)), Reason.RUN_ACTIVE),
    "no data now": (look(BAD, BAD, BAD, BAD, None), Reason.METRIC_UNAVAILABLE),
    "NaN now": (look(window=(*readings(BAD, BAD, BAD, BAD), NotANumber(NOW))), Reason.METRIC_UNAVAILABLE),
    "Prometheus is down": (
        look(window=QueryFailed(FailureKind.Refused, "connection refused", NOW)),
        Reason.METRIC_UNAVAILABLE,
    ),
    "no data at all": (look(None, None, None, None, None), Reason.METRIC_UNAVAILABLE),
    "a good reading": (look(GOOD, GOOD, GOOD, GOOD, GOOD), Reason.WITHIN),
    "two bad ones of five": (look(GOOD, GOOD, BAD, GOOD, BAD), Reason.WITHIN),
    "exactly the threshold": (look(0.85, 0.85, 0.85, 0.85, 0.85), Reason.WITHIN),
    "readings of before the last run's end": (look(runs=(finished(25),)), Reason.WITHIN),
    "readings of before the monitor": (
        look(monitor=make_monitor(metadata={"creationTimestamp": (NOW - timedelta(minutes=25)).isoformat()})),
        Reason.WITHIN,
    ),
    "cooling down": (look(runs=(finished(55),)), Reason.COOLING_DOWN),
}

STARTED = {
    "five bad ones": look(),
    "three bad ones of five": look(BAD, GOOD, BAD, GOOD, BAD),
    "bad ones with a gap": look(BAD, None, BAD, None, BAD),
    "after the cooldown": look(runs=(finished(61),)),
    "a pointer handed back by a person": look(runs=(promoted("file:///models/a@x"),), taken_pointer="#1"),
    "above, for an error rate": look(
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
    spec = start_run(look(pointer=pointer)).body["spec"]
    assert spec["servedCheckpoint"] == f"pvc://models/checkpoints/reviews/one@{NEW_DIGEST}"
    assert spec["startingCheckpoint"] == spec["servedCheckpoint"]
    assert spec["livePointer"] == pointer
    assert spec["trigger"]["value"] == BAD


def test_start_from_base() -> None:
    monitor = make_monitor(training={"startFrom": "Base", "baseModel": "pvc://models/minilm"})
    spec = start_run(look(monitor=monitor)).body["spec"]
    assert (spec["startingCheckpoint"], spec["servedCheckpoint"]) == ("pvc://models/minilm", "pvc://models/reviews-v1")


def test_the_ordinal_counts_what_exists_and_what_the_status_remembers() -> None:
    def ordinal(attempts: int, *ordinals: int) -> int:
        runs = tuple(make_run(n, status={"outcome": "Failed"}) for n in ordinals)
        return int(
            start_run(look(monitor=make_monitor(status={"attempts": attempts}), runs=runs)).body["spec"]["ordinal"]
        )

    assert [ordinal(0), ordinal(0, 1), ordinal(7), ordinal(2, 5)] == [1, 2, 8, 6]


def test_the_runs_name_follows_from_monitor_and_ordinal() -> None:
    first, again = start_run(look()).body, start_run(look(GOOD, BAD, BAD, BAD)).body
    assert first["metadata"]["name"] == again["metadata"]["name"]
    other = start_run(look(monitor=make_monitor(metadata={"uid": "another"}))).body
    assert other["metadata"]["name"] != first["metadata"]["name"]


def test_the_order_of_the_checks() -> None:
    assert [check.__name__ for check in CHECKS] == [
        "query_parses",
        "query_is_accepted",
        "target_exists",
        "target_is_ours_alone",
        "target_is_wired",
        "models_are_reachable",
        "holdout_is_apart",
        "is_not_overruled",
        "is_not_suspended",
        "mode_allows_runs",
        "no_run_is_active",
        "reading_is_a_value",
        "metric_is_in_breach",
        "cooldown_is_over",
    ]
    assert [check for check in CHECKS if check not in PERMISSIONS] == [metric_is_in_breach]
