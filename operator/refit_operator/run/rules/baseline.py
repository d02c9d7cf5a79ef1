"""What a promotion is compared with: the replaced model in service, on the traffic that the new one will get. Pure.

The readings that led to the run were chosen for being low, and those of before them may be of other traffic. The
replaced model serves on while a candidate is trained: its readings between the trigger and the promotion are neither.
"""

from refit_operator.api.baseline import Baseline
from refit_operator.api.run import RetrainRun
from refit_operator.prometheus.rules.baseline import pooled, with_differences
from refit_operator.prometheus.rules.reading import QueryFailed
from refit_operator.prometheus.rules.window import eligible
from refit_operator.run.rules.decision import Observed


def baseline_now(o: Observed) -> Baseline | None:
    """Return what a promotion now is compared with; None where no reading had a value."""
    trigger = o.run.spec.trigger
    if o.run.is_rollback or isinstance(o.window, QueryFailed):
        return trigger.baseline
    begun = trigger.baseline.since if trigger.baseline else trigger.time
    since, both = (eligible(o.window, time, o.query_range) for time in (trigger.time, begun))
    found = chosen(trigger.baseline, pooled(since, o.query_range), pooled(both, o.query_range))
    return with_differences(found, trigger.baseline, since)


def chosen(led: Baseline | None, since: Baseline | None, both: Baseline | None) -> Baseline | None:
    """Return the readings since the trigger; with those that led to the run where these have more outcomes.

    Too low a baseline rolls back less, and too few outcomes nothing. What it confirms rests on those since the trigger.
    """
    found = since if _weight(since) >= _weight(led) else max(both, led, key=_weight)
    if found is None or since is None:
        return found
    return found.model_copy(update={"good_since_trigger": since.good, "total_since_trigger": since.total})


def baseline_of(run: RetrainRun) -> Baseline | None:
    """Return what was recorded before the promotion; None where a version recorded it that knew of none."""
    return run.status.baseline or run.spec.trigger.baseline


def _weight(baseline: Baseline | None) -> int:
    return (baseline.total or baseline.readings) if baseline else 0
