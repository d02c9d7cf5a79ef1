"""What the runs that exist say about the next one: did they help, and how many were there. Pure.

Nothing here rests on the monitor's status: wiped or forged it neither arms nor disarms anything.
"""

from collections.abc import Iterator
from datetime import datetime

from refit_operator.api.run import Outcome, RetrainRun, TriggerReason
from refit_operator.monitor.rules.decision import Observed
from refit_operator.prometheus.rules.baseline import newest_together
from refit_operator.prometheus.rules.reading import QueryFailed, Value
from refit_operator.prometheus.rules.window import eligible


def recovered_at(o: Observed, run: RetrainRun) -> datetime | None:
    """Return the time of the first readings wholly after the run that reached recoverAt; None where none did.

    Counted outcomes must be as many as those that led to the run, in as few windows as have them: fewer reach it by
    chance. Else one reading is enough.
    """
    since = _effective(run)
    if since is None or isinstance(o.window, QueryFailed):
        return None
    led = run.spec.trigger.baseline
    readings = eligible(o.window, since, o.query_range)
    ends = newest_together(readings, (led and led.total) or 0)
    return next((time for time, value in ends if o.monitor.spec.metric.is_recovered_by(value)), None)


def _effective(run: RetrainRun) -> datetime | None:
    """Return when what the run changed was in effect; None while it changed nothing yet."""
    taken_back = run.status.pointer_change and run.status.pointer_change.rollback_time
    serves = run.status.outcome in (None, Outcome.PROMOTED) and not taken_back
    return run.status.rolled_out_time if serves else run.status.completion_time


def new_recovery(o: Observed) -> RetrainRun | None:
    """Return the newest run with a recovery that isn't recorded yet, None where there is none."""
    newest = o.runs[-1] if o.runs else None
    if newest is None or newest.status.recovered_time:
        return None
    time = recovered_at(o, newest)
    status = newest.status.model_copy(update={"recovered_time": time})
    return newest.model_copy(update={"status": status}) if time else None


def fruitless_runs(o: Observed) -> int:
    """Return how many runs in a row, up to the newest, didn't restore the metric.

    The row ends at a recovery, at a requested run, and at a change of the spec. A newest run that was promoted counts
    once its metric is in breach again: until then its effect is unknown. Outcomes that are no evidence don't count.
    """
    return sum(run.status.outcome is not None and run.status.outcome.is_evidence for run in _row(o))


def _row(o: Observed) -> Iterator[RetrainRun]:
    finished = [run for run in reversed(o.runs) if run.is_finished]
    for run in finished:
        recovered = run.status.recovered_time or (run is o.runs[-1] and recovered_at(o, run))
        manual = run.spec.trigger.reason is TriggerReason.MANUAL
        if recovered or manual or run.spec.monitor_ref.generation != o.monitor.metadata.generation:
            return
        undecided = run is finished[0] and run.status.outcome is Outcome.PROMOTED and not o.is_breached
        if not undecided:
            yield run


def budget_frees(o: Observed) -> datetime | None:
    """Return when the next run may start by the budget; None where it may now. What trained nothing costs none."""
    budget = o.monitor.spec.policy.max_runs
    counted = (run for run in o.runs if run.status.outcome is not Outcome.SKIPPED)
    starts = sorted(run.metadata.creation_timestamp for run in counted)[-budget.count :]
    frees = starts[0] + budget.per if len(starts) == budget.count else None
    return frees if frees and frees > o.now else None


def earliest_start(o: Observed) -> datetime | None:
    """Return when cooldown and budget let the next run start; None where neither ever held one."""
    return max((time for time in (o.cooldown_ends, budget_frees(o)) if time), default=None)


def breach_begins(o: Observed) -> datetime | None:
    """Return when the breach began: with the rise of evidence that is enough, else with a row of readings in breach.

    The row is the unbroken one that the window ends with: one reading is enough for it, long before a run may start.
    """
    if o.evidence and o.evidence.begun is not None and o.is_breached:
        return o.weighed[o.evidence.begun].time
    metric, begun = o.monitor.spec.metric, None
    for reading in reversed(() if isinstance(o.window, QueryFailed) else o.window):
        if isinstance(reading, Value):
            if not metric.is_breached_by(reading.value):
                break
            begun = reading.time
    return begun
