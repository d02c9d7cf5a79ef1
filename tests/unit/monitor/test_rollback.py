"""A person asks for the pointer of before: what is put back, what stands in the way, and when it has been answered."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules.decide import CHECKS, ROLLBACK_CHECKS, decide
from refit_operator.monitor.rules.decision import Hold, Observed, StartRun
from refit_operator.monitor.rules.status import next_status
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed
from refit_operator.target.rules.view import parse_target
from tests.support.checks import first_answer, reason_of
from tests.support.monitors import GOOD, halted, requested, seen, unwired
from tests.support.samples import NOW, OLD_DIGEST, deployment, make_monitor, make_run, stock_deployment

FIRST, SECOND = f"file:///models/a@{OLD_DIGEST}", "file:///models/b@y"


def run(ordinal: int, old: str, new: str, outcome: str = "Promoted", hours_ago: float = 3, **spec: Any) -> Any:
    time = (NOW - timedelta(hours=hours_ago)).isoformat()
    change = {"targetUid": "target-uid", "old": old, "new": new, "time": time}
    status = {"outcome": outcome, "completionTime": time, "rolledOutTime": time, "pointerChange": change}
    return make_run(ordinal, live=old, status=status, **({"trigger": {"time": time}} | spec))


BEFORE = {"time": (NOW - timedelta(hours=1)).isoformat()}
ONE = run(1, "", FIRST)
TWO = run(2, FIRST, SECOND, hours_ago=2)
RESTORED = run(3, SECOND, FIRST, "Restored", hours_ago=1, restorePointer=FIRST)


def asked(minutes_ago: float = 1, **spec: Any) -> Any:
    time = (NOW - timedelta(minutes=minutes_ago)).isoformat()
    return make_monitor(metadata={"annotations": {"refit.dev/rollback-requested-at": time}}, **spec)


def rollback(live: str, *runs: Any, **more: Any) -> Observed:
    facts: dict[str, Any] = {"monitor": asked(), "target": parse_target(deployment(live))} | more
    return seen(GOOD, runs=runs, **facts)


BACK = {
    "to the pointer before": (rollback(SECOND, ONE, TWO), FIRST),
    "to none": (rollback(FIRST, ONE), ""),
    "further, after a rollback": (rollback(FIRST, ONE, TWO, RESTORED), ""),
    "while suspended": (rollback(SECOND, ONE, TWO, monitor=asked(suspend=True)), FIRST),
    "while observing": (rollback(SECOND, ONE, TWO, monitor=asked(mode="Observe")), FIRST),
    "while Prometheus is down": (
        rollback(SECOND, ONE, TWO, window=QueryFailed(FailureKind.Refused, "refused", NOW)),
        FIRST,
    ),
    "although the Secret for the metric is gone": (
        rollback(SECOND, ONE, TWO, window=QueryFailed(FailureKind.BadSecret, "no Secret", NOW)),
        FIRST,
    ),
    "after a run that was aborted for it": (
        rollback(SECOND, ONE, TWO, make_run(3, status={"outcome": "Aborted"}, trigger=BEFORE)),
        FIRST,
    ),
}


@pytest.mark.parametrize("name", BACK)
def test_what_is_put_back(name: str) -> None:
    observed, pointer = BACK[name]
    decision = decide(observed)
    assert isinstance(decision, StartRun)
    spec = decision.body["spec"]
    assert (spec["restorePointer"], spec["trigger"]["reason"]) == (pointer, "RollbackRequested")
    assert spec["livePointer"] == (observed.target.pointer if observed.target else None)
    assert spec["ordinal"] == len(observed.runs) + 1


HELD = {
    "no target": (rollback("", ONE, target=None), Reason.TARGET_MISSING),
    "an older monitor's target": (rollback(FIRST, ONE, claimed_by="first"), Reason.TARGET_CLAIMED),
    "nobody reads the pointer": (rollback("", ONE, target=unwired()), Reason.TARGET_NOT_WIRED),
    "a person's own pointer": (rollback("file:///models/theirs", ONE), Reason.OVERRULED),
    "a path that a container reads, set by somebody": (
        rollback(FIRST, ONE, target=parse_target(stock_deployment(FIRST, path="/models/b"))),
        Reason.OVERRULED,
    ),
    "a run under way": (rollback(FIRST, ONE, make_run(2, trigger=BEFORE)), Reason.RUN_ACTIVE),
    "a target without pods": (
        rollback(FIRST, ONE, target=halted(FIRST, replicas=0)),
        Reason.TARGET_HALTED,
    ),
    "nothing was promoted": (rollback(""), Reason.NOTHING_TO_ROLL_BACK),
    "the first model serves again": (
        rollback("", ONE, run(2, FIRST, "", "Restored", restorePointer="")),
        Reason.NOTHING_TO_ROLL_BACK,
    ),
}


def test_a_rollback_that_waits_for_the_target_says_what_for() -> None:
    observed = rollback(FIRST, ONE, target=halted(FIRST, paused=True))
    allowed = find(next_status(observed).conditions, ConditionType.RETRAIN_ALLOWED)
    assert allowed is not None and allowed.reason == "RollbackRequested"
    assert allowed.message.endswith("and waits: Deployment 'reviews' could roll nothing out: the Deployment is paused")


@pytest.mark.parametrize("name", HELD)
def test_what_holds_a_rollback(name: str) -> None:
    observed, reason = HELD[name]
    decision = decide(observed)
    assert isinstance(decision, Hold)
    assert decision.reason is reason
    assert reason_of(first_answer(ROLLBACK_CHECKS, observed)) is reason


@pytest.mark.parametrize(
    "observed",
    [
        rollback(SECOND, ONE, TWO, monitor=asked(-1)),
        rollback(SECOND, ONE, TWO, monitor=asked(60 * 24)),
        rollback(SECOND, ONE, TWO, monitor=asked(121)),
        rollback(FIRST, ONE, TWO, RESTORED, monitor=asked(60)),
        rollback(FIRST, ONE, run(2, FIRST, SECOND, "RolledBack", hours_ago=0.5, trigger=BEFORE), monitor=asked(40)),
    ],
    ids=["from the future", "older than the monitor", "older than the newest run", "answered", "rolled back anyway"],
)
def test_a_request_that_starts_nothing(observed: Observed) -> None:
    decision = decide(observed)
    assert isinstance(decision, Hold)
    assert decision.reason not in (Reason.ROLLBACK_REQUESTED, Reason.NOTHING_TO_ROLL_BACK)


def test_a_rollback_comes_before_a_run() -> None:
    both = requested().metadata.annotations | asked().metadata.annotations
    decision = decide(rollback(SECOND, ONE, TWO, monitor=make_monitor(metadata={"annotations": both})))
    assert isinstance(decision, StartRun)
    assert decision.body["spec"]["trigger"]["reason"] == "RollbackRequested"
    names = [check.__name__ for check in CHECKS]
    assert names.index("overruled") < names.index("rollback_requested") < names.index("suspended")


def test_the_order_of_a_rollbacks_checks() -> None:
    assert [check.__name__ for check in ROLLBACK_CHECKS] == [
        "target_not_served",
        "target_missing",
        "target_claimed",
        "target_not_wired",
        "target_replaced",
        "overruled",
        "field_conflict",
        "run_active",
        "nothing_to_roll_back",
        "target_halted",
    ]
