"""Situations of a monitor: those that hold a run, each with its reason, and those that start one."""

from datetime import timedelta

from refit_operator.api.reasons import Reason
from refit_operator.prometheus.rules.reading import FailureKind, NotANumber, QueryFailed, Stale, TooFewSamples, Value
from refit_operator.target.rules.view import parse_target
from tests.support.monitors import (
    BAD,
    GOOD,
    LONG_AGO,
    MASS,
    OVER_QUOTA,
    SERVING_UP,
    failures,
    finished,
    guarded,
    halted,
    promoted,
    readings,
    requested,
    seen,
    unmounted,
    unwired,
)
from tests.support.samples import NOW, in_buckets, make_monitor, make_run, stock_deployment

STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
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
    "a path that a container reads, set by somebody": (
        seen(
            runs=(promoted("file:///models/a@sha256:1"),),
            target=parse_target(stock_deployment("file:///models/a@sha256:1", path="/models/b")),
        ),
        Reason.OVERRULED,
    ),
    "a path in the manifest before any promotion": (
        seen(target=parse_target(stock_deployment(path="/models/v1"))),
        Reason.OVERRULED,
    ),
    "a target made anew after a promotion": (
        seen(runs=(promoted("file:///models/a@x", uid="of the one before"),)),
        Reason.TARGET_REPLACED,
    ),
    "suspended": (seen(monitor=make_monitor(suspend=True)), Reason.SUSPENDED),
    "observing": (seen(monitor=make_monitor(mode="Observe")), Reason.MODE_OBSERVE),
    "a run under way": (seen(runs=(make_run(1),)), Reason.RUN_ACTIVE),
    "a target at zero replicas": (seen(target=halted(replicas=0)), Reason.TARGET_HALTED),
    "a paused target": (seen(target=halted(paused=True)), Reason.TARGET_HALTED),
    "a target whose pods a quota doesn't allow": (
        seen(target=halted(status={"conditions": [OVER_QUOTA]})),
        Reason.TARGET_HALTED,
    ),
    "a request at zero replicas": (seen(GOOD, monitor=requested(), target=halted(replicas=0)), Reason.TARGET_HALTED),
    "no data now": (seen(BAD, BAD, BAD, BAD, None), Reason.METRIC_UNAVAILABLE),
    "NaN now": (seen(window=(*readings(BAD, BAD, BAD, BAD), NotANumber(NOW))), Reason.METRIC_UNAVAILABLE),
    "Prometheus is down": (
        seen(window=QueryFailed(FailureKind.Refused, "connection refused", NOW)),
        Reason.METRIC_UNAVAILABLE,
    ),
    "a server that isn't asked for a while": (
        seen(window=QueryFailed(FailureKind.CircuitOpen, "it didn't answer in time 5 times in a row", NOW)),
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
    "a target whose quota allowed its pods again": seen(
        target=halted(status={"conditions": [OVER_QUOTA | {"status": "False"}]})
    ),
    "a target whose pods fail with what they serve": seen(
        target=halted(status={"availableReplicas": 0, "conditions": [STUCK]})
    ),
    "above, for an error rate": seen(
        0.2, 0.2, 0.2, monitor=make_monitor(metric={"direction": "Above", "threshold": 0.1})
    ),
}
