"""Which readings a run asks for, and when it asks for any. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from refit_operator.api.conditions import ConditionType, is_true
from refit_operator.api.policy import Mode
from refit_operator.api.run import RetrainRun
from refit_operator.prometheus.rules.evidence import WINDOWS
from refit_operator.prometheus.rules.promql import variables_of
from refit_operator.run.rules.baseline import baseline_of
from refit_operator.run.rules.views.shadow import awaits_shadow


@dataclass(frozen=True)
class Asked:
    """The last `count` readings up to a time."""

    count: int
    until: datetime


def settle_of(run: RetrainRun, query_range: timedelta) -> timedelta:
    """Return how long after the rollout readings don't count yet: late labels still judge the old model then.

    A query with `$(digest)` reads the new model's series only.
    """
    settle = run.spec.verification.settle
    if settle is not None:
        return settle
    return timedelta(0) if "digest" in variables_of(run.spec.metric.promql) else query_range


def asked(run: RetrainRun, now: datetime, interval: timedelta, query_range: timedelta) -> Asked | None:
    """Return what a step needs to read; None at most times.

    The replaced model's readings once, before the pointer is recorded. During the verification the newest ones, or
    where outcomes are counted all since the rollout: the first ones where there are more than WINDOWS.
    """
    rolled_out = run.status.rolled_out_time
    if rolled_out is None:
        begun = _baseline_begins(run)
        return Asked(_windows(now - begun, interval), now) if begun else None
    baseline = baseline_of(run)
    if baseline is None or baseline.total is None:
        return Asked(run.spec.verification.breaches.out_of, now)
    last = rolled_out + settle_of(run, query_range) + query_range + WINDOWS * interval
    until = min(now, last)
    return Asked(_windows(until - rolled_out, interval), until)


def _baseline_begins(run: RetrainRun) -> datetime | None:
    """Return since when the replaced model's readings are needed; None where the next step doesn't record them."""
    waits = (run.spec.mode is Mode.APPROVE and run.spec.approval is None) or awaits_shadow(run)
    accepted = is_true(run.status.conditions, ConditionType.ACCEPTED)
    if run.is_rollback or run.is_finished or run.status.pointer_change or waits or not accepted:
        return None
    trigger = run.spec.trigger
    return trigger.baseline.since if trigger.baseline else trigger.time


def _windows(time: timedelta, interval: timedelta) -> int:
    return max(1, min(WINDOWS, ceil(time / interval)))
