"""Monitors as their reconciler sees them: readings, runs of before, requests, guards, and targets that aren't wired."""

from datetime import timedelta
from typing import Any

from refit_operator.monitor.rules.decision import Observed
from refit_operator.prometheus.rules.mass_breach import MassBreach
from refit_operator.prometheus.rules.reading import NoData, Value
from refit_operator.target.rules.view import parse_target
from tests.support.samples import NOW, deployment, make_monitor, make_run, merge, unread

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
    return parse_target(unread())


def halted(pointer: str = "", status: dict[str, Any] | None = None, **spec: Any) -> Any:
    """Return a target that can roll nothing out for what its spec or status says."""
    return parse_target(merge(deployment(pointer, **(status or {})), {"spec": spec}))


OVER_QUOTA = {
    "type": "ReplicaFailure",
    "status": "True",
    "reason": "FailedCreate",
    "message": 'pods "reviews-1" is forbidden: exceeded quota: few, requested: pods=1, used: pods=4, limited: pods=4',
}
"""The condition of a Deployment whose next pod a quota doesn't allow."""


def unmounted() -> Any:
    found = deployment()
    found["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = []
    return parse_target(found)
