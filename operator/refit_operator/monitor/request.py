"""A person's request for a run: an annotation with the time at which it was made. Pure.

Only a time later than the monitor and than the newest run's trigger counts, so that a restored or copied manifest, or
an annotation that was answered long ago, starts nothing.
"""

from collections.abc import Iterable
from datetime import datetime

from refit_operator.api.base import RETRAIN_ANNOTATION
from refit_operator.api.metadata import ObjectMeta
from refit_operator.api.run import RetrainRun


def parse_time(text: str) -> datetime | None:
    """Return an RFC 3339 time; None for anything else, and for a time without its zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None


def open_request(monitor: ObjectMeta, runs: Iterable[RetrainRun], now: datetime) -> datetime | None:
    """Return the time of a request that no run has answered yet."""
    asked = parse_time(monitor.annotations.get(RETRAIN_ANNOTATION, ""))
    if asked is None or asked > now or asked < monitor.creation_timestamp:
        return None
    newest = max(runs, key=lambda run: run.spec.ordinal, default=None)
    return asked if newest is None or asked > newest.spec.trigger.time else None
