"""The check that holds a run back before it has a Job, while others have all places. Pure."""

from refit_operator.api.conditions import ConditionType
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Stage
from refit_operator.places.rules.waiting import Place
from refit_operator.run.rules.checks.deadlines import clock_of
from refit_operator.run.rules.decision import Decision, Observed, condition, record

WORTH_SHOWING = 10
"""The first ten places are shown as they are; one behind them is written once it has moved by a tenth, so that a run
behind a thousand others writes some fifty times while it waits.
"""


def no_place(o: Observed) -> Decision | None:
    """Wait until the run has a place. It is reconciled when it is next in line; until then nothing asks again."""
    if o.place is None:
        return None
    if not isinstance(o.place, Place) or _is_shown(o, o.place):
        return Decision(o.run.status)
    message = o.place.describe()
    unknown = condition(o, ConditionType.TRAINED, "Unknown", Reason.NO_PLACE, message)
    return Decision(record(o, Stage.QUEUED, message, unknown, place=o.place.number, clock=clock_of(o)))


def _is_shown(o: Observed, place: Place) -> bool:
    """Return whether what the status shows is near enough."""
    shown = o.run.status.place
    if place.number <= WORTH_SHOWING:
        return o.run.status.message == place.describe()
    return shown is not None and WORTH_SHOWING * abs(shown - place.number) < shown
