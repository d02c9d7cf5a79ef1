"""A request for a run or for a rollback: an annotation with the time at which it was made. Pure.

Only a time later than the monitor and than the newest run's trigger counts, so that a restored or copied manifest, or
an annotation that was answered long ago, starts nothing.
"""

from collections.abc import Iterable
from datetime import datetime

from refit_operator.api.base import RETRAIN_ANNOTATION, ROLLBACK_ANNOTATION
from refit_operator.api.metadata import ObjectMeta
from refit_operator.api.run import Outcome, RetrainRun


def parse_time(text: str) -> datetime | None:
    """Return an RFC 3339 time; None for anything else, and for a time without its zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None


def malformed_request(monitor: ObjectMeta) -> str:
    """Return what is wrong with a request that can't be read, empty where nothing is."""
    for annotation in (RETRAIN_ANNOTATION, ROLLBACK_ANNOTATION):
        text = monitor.annotations.get(annotation, "")
        if text and parse_time(text) is None:
            return f"{annotation}={text[:64]!r} is ignored: it must be a time with its zone, as 2026-11-25T08:00:00Z"
    return ""


def open_request(monitor: ObjectMeta, runs: Iterable[RetrainRun], now: datetime) -> datetime | None:
    """Return the time of a request for a run that no run has answered yet."""
    return _unanswered(RETRAIN_ANNOTATION, monitor, runs, now)


def open_rollback(monitor: ObjectMeta, runs: Iterable[RetrainRun], now: datetime) -> datetime | None:
    """Return the time of a request for a rollback that is unanswered.

    A run that restored an old pointer after it was made has answered it, whatever the run did so for.
    """
    runs = tuple(runs)
    asked = _unanswered(ROLLBACK_ANNOTATION, monitor, runs, now)
    return None if asked and any(_put_back_after(asked, run) for run in runs) else asked


def _put_back_after(asked: datetime, run: RetrainRun) -> bool:
    back = run.status.outcome in (Outcome.ROLLED_BACK, Outcome.RESTORED)
    return back and run.status.completion_time is not None and run.status.completion_time >= asked


def _unanswered(annotation: str, monitor: ObjectMeta, runs: Iterable[RetrainRun], now: datetime) -> datetime | None:
    asked = parse_time(monitor.annotations.get(annotation, ""))
    if asked is None or asked > now or asked < monitor.creation_timestamp:
        return None
    newest = max(runs, key=lambda run: run.spec.ordinal, default=None)
    return asked if newest is None or asked > newest.spec.trigger.time else None
