"""What people say to a run: approval before a promotion, abort and rollback at any time. Pure."""

from refit_operator.api.conditions import Reason
from refit_operator.api.events import Event
from refit_operator.api.policy import Mode
from refit_operator.api.run import Approval, Outcome, Stage
from refit_operator.api.uris import name_pointer
from refit_operator.run.rules.checks.promotion import take_back
from refit_operator.run.rules.decision import Decision, Observed, finish, record, stopping

Word = tuple[Reason, str]


def _end_asked_for(o: Observed) -> Word | None:
    """Return why a person wants the run to end, None where nobody does."""
    if o.run.spec.abort:
        return Reason.ABORTED, "a person aborted the run"
    if o.rollback_requested:
        return Reason.ROLLBACK_REQUESTED, "a person asked for the pointer of before"
    return None


def a_person_ends_it(o: Observed) -> Decision | None:
    """End the run where a person wants that before anything was promised to the target."""
    word = _end_asked_for(o)
    if word is None or o.run.status.pointer_change:
        return None
    return stopping(o, finish(o, Outcome.ABORTED, *word))


def a_person_takes_it_back(o: Observed) -> Decision | None:
    """Decide to take the pointer back where a person wants that; it may be written by now or not."""
    word, change = _end_asked_for(o), o.run.status.pointer_change
    if word is None or change is None or change.rollback_time:
        return None
    return take_back(o, *word)


def a_person_refuses(o: Observed) -> Decision | None:
    """End the run where a person said no before the promotion."""
    if o.run.status.pointer_change or o.run.spec.approval is not Approval.REJECTED:
        return None
    message = f"a person refused the promotion of {name_pointer(o.run.status.result.checkpoint)}"
    return finish(o, Outcome.REJECTED, Reason.APPROVAL_REFUSED, message)


def approval_is_awaited(o: Observed) -> Decision | None:
    """Wait for a person, as long as it takes; the watch on runs tells of their word."""
    waits = o.run.spec.mode is Mode.APPROVE and not o.run.is_rollback and o.run.spec.approval is None
    if o.run.status.pointer_change or not waits:
        return None
    message = f"{name_pointer(o.run.status.result.checkpoint)} passed the gate and waits for spec.approval"
    is_news = o.run.status.stage is not Stage.AWAITING_APPROVAL
    events = (Event("ApprovalNeeded", message),) if is_news else ()
    return Decision(record(o, Stage.AWAITING_APPROVAL, message), events=events)
