"""A training that would only repeat one that was refused: nothing is trained, unless the holdout is another. Pure."""

from refit_operator.api.conditions import ConditionType
from refit_operator.api.events import Event
from refit_operator.api.reasons import Reason
from refit_operator.api.results import RunResult
from refit_operator.api.run import Outcome, Stage
from refit_operator.run.rules.decision import (
    AT_ONCE,
    Decision,
    Observed,
    condition,
    finish,
    is_trained,
    record,
    stopping,
)
from refit_operator.run.rules.refusals import Refusal, describe


def record_unchanged(o: Observed) -> Decision | None:
    """Record which refused run the trainer found to have had the same start, rows and hyperparameters. Where another
    attempt has trained, new rows had come meanwhile.
    """
    report, result = o.job.unchanged, o.run.status.result
    refusal = o.refusals.get(report.unchanged) if report else None
    if is_trained(o) or o.job.train_report or refusal is None or result.unchanged:
        return None
    message = f"nothing to train: start, rows and hyperparameters are those of run {refusal.run}; reading the holdout"
    status = record(o, Stage.JUDGING, message, result=RunResult(unchanged=refusal.run))
    return Decision(status, requeue_after=AT_ONCE)


def unchanged(o: Observed) -> Decision | None:
    """End a run that would be refused as the earlier one was. On another holdout, its candidate is trained and judged.

    Where the trainer's report was lost with its pod, it isn't known which run it was: it trains.
    """
    holdout, found = o.job.holdout, o.run.status.result.unchanged
    is_told = bool(found or (o.refusals and o.run.status.lost_report_time))
    if is_trained(o) or holdout is None or o.job.judge_report or not is_told:
        return None
    refusal = next((each for each in o.refusals.values() if each.run == found), None)
    if refusal is None or refusal.holdout != holdout.holdout.digest:
        return _train_all_the_same(o)
    return _skip(o, refusal)


def _skip(o: Observed, refusal: Refusal) -> Decision:
    message = describe(refusal)
    trained = condition(o, ConditionType.TRAINED, "False", Reason.UNCHANGED, message)
    event = Event("RetrainSkipped", message)
    ended = finish(o, Outcome.SKIPPED, Reason.UNCHANGED, message, trained, event=event)
    return stopping(o, ended) if o.job.lingering else ended


def _train_all_the_same(o: Observed) -> Decision:
    message = "the holdout isn't the one that the same training was refused on: training all the same"
    facts = {"result": RunResult(), "holdout_changed_time": o.now, "lost_report_time": None}
    status = record(o, Stage.QUEUED, message, **facts)
    return Decision(status, events=(Event("HoldoutChanged", message),), requeue_after=AT_ONCE)
