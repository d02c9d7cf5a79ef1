"""What users ask of a run: approval before a promotion, an abort or a rollback at any time. Pure."""

from refit_operator.api.base import ROLLBACK_ANNOTATION
from refit_operator.api.events import Event
from refit_operator.api.policy import Mode
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Approval, Outcome, Stage
from refit_operator.api.uris import name_pointer
from refit_operator.run.rules.checks.promotion import roll_back
from refit_operator.run.rules.decision import Decision, Observed, finish, record, stopping

ABORTED = "spec.abort is true"
REQUESTED = f"rollback requested ({ROLLBACK_ANNOTATION})"


def aborted(o: Observed) -> Decision | None:
    """End the run where spec.abort is set before the pointer was recorded."""
    if not o.run.spec.abort or o.run.status.pointer_change:
        return None
    return stopping(o, finish(o, Outcome.ABORTED, Reason.ABORTED, ABORTED))


def rollback_requested(o: Observed) -> Decision | None:
    """End the run where a rollback is requested before the pointer was recorded."""
    if not o.rollback_requested or o.run.status.pointer_change:
        return None
    return stopping(o, finish(o, Outcome.ABORTED, Reason.ROLLBACK_REQUESTED, REQUESTED))


def promotion_revoked(o: Observed) -> Decision | None:
    """Decide to roll back where an abort or a rollback is requested later; the pointer may be written by now or not."""
    change = o.run.status.pointer_change
    if change is None or change.rollback_time or not (o.run.spec.abort or o.rollback_requested):
        return None
    if o.run.spec.abort:
        return roll_back(o, Reason.ABORTED, ABORTED)
    return roll_back(o, Reason.ROLLBACK_REQUESTED, REQUESTED)


def approval_refused(o: Observed) -> Decision | None:
    """End the run where spec.approval is Rejected before the promotion."""
    if o.run.status.pointer_change or o.run.spec.approval is not Approval.REJECTED:
        return None
    message = f"spec.approval is Rejected for {name_pointer(o.run.status.result.checkpoint)}"
    return finish(o, Outcome.REJECTED, Reason.APPROVAL_REFUSED, message)


def await_approval(o: Observed) -> Decision | None:
    """Wait for spec.approval, as long as it takes; the watch on runs delivers the change."""
    waits = o.run.spec.mode is Mode.APPROVE and not o.run.is_rollback and o.run.spec.approval is None
    if o.run.status.pointer_change or not waits:
        return None
    message = f"{name_pointer(o.run.status.result.checkpoint)} passed the gate and waits for spec.approval"
    is_new = o.run.status.stage is not Stage.AWAITING_APPROVAL
    events = (Event("ApprovalNeeded", message),) if is_new else ()
    return Decision(record(o, Stage.AWAITING_APPROVAL, message), events=events)
