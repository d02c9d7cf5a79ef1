"""From two reports to a rolled-out checkpoint: gate, record, write, wait; and the way back. Pure.

What a rollback restores is known before the target is touched: the live pointer that the run was decided on, which its
spec keeps. The status shows it and is not believed.
"""

from datetime import timedelta

from refit_operator.api.conditions import ConditionType, Reason, find
from refit_operator.api.events import Event
from refit_operator.api.run import Outcome, PointerChange, Stage
from refit_operator.api.uris import Pointer, name_pointer
from refit_operator.run.rules.decision import AT_ONCE, Decision, Observed, WritePointer, condition, finish, record
from refit_operator.run.rules.gate import Case, judge
from refit_operator.run.rules.manifests.config import checkpoint_uri
from refit_operator.run.rules.views.results import recorded_judgement
from refit_operator.target.rules.rollout import Complete, Failed, Halted, Progressing, Rollout, rollout_of
from refit_operator.target.rules.view import TargetView

POLL = timedelta(seconds=2)
"""How often a target is read while its rollout is under way."""


def gate_decides(o: Observed) -> Decision | None:
    """Hold the candidate against the model in service."""
    if o.run.is_rollback or find(o.run.status.conditions, ConditionType.ACCEPTED):
        return None
    report = recorded_judgement(o.run.status.result)
    if report is None:
        return finish(o, Outcome.FAILED, Reason.REPORT_LOST, "no judgement is recorded")
    digest = o.run.status.result.checkpoint.rpartition("@")[2]
    verdict = judge(Case(o.run.spec.gate, report, bool(o.run.spec.served_checkpoint), digest, o.rolled_back))
    if verdict.accepted:
        accepted = condition(o, ConditionType.ACCEPTED, "True", verdict.reason, verdict.message)
        status = record(o, Stage.JUDGING, verdict.message, accepted)
        return Decision(status, events=(Event("CandidateAccepted", verdict.message),), requeue_after=AT_ONCE)
    refused = condition(o, ConditionType.ACCEPTED, "False", verdict.reason, verdict.message)
    event = Event("CandidateRejected", verdict.message, "Warning")
    return finish(o, Outcome.REJECTED, verdict.reason, verdict.message, refused, event=event)


def target_is_gone(o: Observed) -> Decision | None:
    """End the run where the Deployment is missing, or is another one than the pointer was recorded for."""
    change = o.run.status.pointer_change
    if o.target is None:
        return finish(o, Outcome.FAILED, Reason.TARGET_MISSING, "the target is gone")
    if change and change.target_uid != o.target.uid:
        return finish(o, Outcome.FAILED, Reason.TARGET_REPLACED, "the target was deleted and made anew")
    return None


def target_has_changed(o: Observed) -> Decision | None:
    """End the run where the target is no longer what the run was decided for."""
    if o.run.status.pointer_change or o.target is None:
        return None
    if _new_pointer(o, o.target) is None:
        message = f"no container of the target reads the pointer and mounts the claim of {checkpoint_uri(o.run)}"
        return finish(o, Outcome.FAILED, Reason.TARGET_NOT_WIRED, message)
    if o.target.pointer not in (o.run.spec.live_pointer, _new_pointer(o, o.target)):
        message = f"the pointer changed to {o.target.pointer or 'none'} while the candidate was trained"
        return finish(o, Outcome.SUPERSEDED, Reason.OVERRULED, message)
    return None


def pointer_was_there_before(o: Observed) -> Decision | None:
    """Never write a pointer that was on the target and is no longer: the run's record of why was lost."""
    new = _new_pointer(o, o.target) if o.target else None
    if not o.was_written or o.run.status.pointer_change or o.target is None or new is None or o.target.pointer == new:
        return None
    change = PointerChange(target_uid=o.target.uid, old=o.run.spec.live_pointer, new=new, time=o.now)
    message = f"{name_pointer(new)} was on the target before and was taken off it; the record of why was lost"
    is_back = o.target.pointer == o.run.spec.live_pointer
    outcome, reason = (Outcome.ROLLED_BACK, Reason.ROLLED_BACK) if is_back else (Outcome.SUPERSEDED, Reason.OVERRULED)
    ended = finish(o, outcome, reason, message)
    return Decision(ended.status.model_copy(update={"pointer_change": change}), events=ended.events)


def _new_pointer(o: Observed, target: TargetView) -> str | None:
    """Return what will be written, in the server's terms; None where the target can't see it."""
    if not target.reads_pointer:
        return None
    if o.run.spec.restore_pointer is not None:
        return o.run.spec.restore_pointer
    uri = target.to_server_uri(checkpoint_uri(o.run))
    return str(Pointer(uri, o.run.status.result.checkpoint.rpartition("@")[2])) if uri else None


def change_is_recorded(o: Observed) -> Decision | None:
    """Record what will be written and what it replaces, before anything is touched."""
    new = _new_pointer(o, o.target) if o.target else None
    if o.run.status.pointer_change or o.target is None or new is None:
        return None
    change = PointerChange(target_uid=o.target.uid, old=o.run.spec.live_pointer, new=new, time=o.now)
    status = record(o, Stage.ROLLING_OUT, f"writing {name_pointer(change.new)}", pointer_change=change)
    return Decision(status, requeue_after=AT_ONCE)


def pointer_is_overruled(o: Observed) -> Decision | None:
    """Stop where a person changed the pointer after it was written, or what reads it: theirs stays."""
    change, live = _change(o), _live(o)
    ours = {change.new} if _is_written(o) and not change.rollback_time else {change.new, o.run.spec.live_pointer}
    message = f"a person changed the pointer from {name_pointer(change.new)} to {live or 'none'}"
    if o.target and not o.target.reads_pointer:
        message = "a person changed the target: no container reads the pointer any more"
    elif live in ours:
        return None
    return finish(o, Outcome.SUPERSEDED, Reason.OVERRULED, message, event=Event("Overruled", message, "Warning"))


def pointer_is_unwritten(o: Observed) -> Decision | None:
    """Write the pointer, and remember that it was: from then on the old value there is a person's word."""
    change = _change(o)
    if _is_written(o) or change.rollback_time:
        return None
    message = f"rolling out {name_pointer(change.new)}"
    promoted = condition(o, ConditionType.PROMOTED, "Unknown", Reason.ROLLING_OUT, message)
    status = record(o, Stage.ROLLING_OUT, message, promoted)
    if _live(o) == change.new:
        return Decision(status, requeue_after=AT_ONCE)
    return Decision(status, actions=(WritePointer(change.new, o.may_force),), requeue_after=AT_ONCE)


def rollout_is_under_way(o: Observed) -> Decision | None:
    """Wait until every pod runs the candidate, or decide to take it back."""
    change = _change(o)
    if o.run.status.rolled_out_time or change.rollback_time:
        return None
    match _rollout(o):
        case Complete():
            return _promoted(o)
        case Halted(message):
            return take_back(o, Reason.ROLLOUT_FAILED, message)
        case Failed(message) if not o.run.is_rollback:
            return take_back(o, Reason.ROLLOUT_FAILED, message)
        case Progressing(message) | Failed(message):
            if o.now - change.time >= o.run.spec.serving.rollout_deadline:
                return take_back(o, Reason.ROLLOUT_FAILED, f"not rolled out in time: {message}")
            return Decision(record(o, Stage.ROLLING_OUT, message), requeue_after=POLL)


def _promoted(o: Observed) -> Decision:
    change = _change(o)
    message = f"{name_pointer(change.new)} serves instead of {name_pointer(o.run.spec.live_pointer)}"
    promoted = condition(o, ConditionType.PROMOTED, "True", Reason.ROLLED_OUT, message)
    status = record(o, Stage.WATCHING, message, promoted, rolled_out_time=o.now)
    return Decision(status, events=(Event("CheckpointPromoted", message),), requeue_after=AT_ONCE)


def rollback_is_done(o: Observed) -> Decision | None:
    """End a run that put the pointer of before back: there is nothing to compare it with."""
    if not o.run.is_rollback or o.run.status.rolled_out_time is None:
        return None
    new, old = name_pointer(_change(o).new), name_pointer(o.run.spec.live_pointer)
    message = f"{new} serves again instead of {old}: a person asked for it"
    return finish(o, Outcome.RESTORED, Reason.ROLLBACK_REQUESTED, message, event=Event("RolledBack", message))


def take_back(o: Observed, reason: Reason, message: str) -> Decision:
    """Record the decision to roll back; the next look acts on it."""
    kind = ConditionType.CONFIRMED if o.run.status.rolled_out_time else ConditionType.PROMOTED
    refused = condition(o, kind, "False", reason, message)
    change = _change(o).model_copy(update={"rollback_time": o.now})
    status = record(o, Stage.ROLLING_BACK, message, refused, pointer_change=change)
    return Decision(status, requeue_after=AT_ONCE)


def rollback_is_under_way(o: Observed) -> Decision | None:
    """Put the old pointer back and wait for its pods."""
    change = _change(o)
    if change.rollback_time is None:
        return None
    if _live(o) == change.new:
        status = record(o, Stage.ROLLING_BACK, f"taking back {name_pointer(change.new)}: {o.run.status.message}")
        return Decision(status, actions=(WritePointer(o.run.spec.live_pointer),), requeue_after=AT_ONCE)
    match _rollout(o):
        case Complete():
            return _rolled_back(o, Reason.ROLLED_BACK, "")
        case Halted(message):
            return _rolled_back(o, Reason.ROLLBACK_BLOCKED, message)
        case Progressing(message) | Failed(message):
            if o.now - change.rollback_time >= o.run.spec.serving.rollout_deadline:
                return _rolled_back(o, Reason.ROLLBACK_BLOCKED, message)
            return Decision(record(o, Stage.ROLLING_BACK, message), requeue_after=POLL)


def _rolled_back(o: Observed, reason: Reason, trouble: str) -> Decision:
    change = _change(o)
    kind = ConditionType.CONFIRMED if o.run.status.rolled_out_time else ConditionType.PROMOTED
    why = find(o.run.status.conditions, kind)
    message = f"took back {name_pointer(change.new)}" + (f": {why.message}" if why else "")
    message += f"; the rollback's own rollout: {trouble}" if trouble else ""
    return finish(o, Outcome.ROLLED_BACK, reason, message, event=Event("RolledBack", message, "Warning"))


def after_refusal(o: Observed, reason: Reason, message: str) -> Decision:
    """End the run where the API server refused the pointer: another manager owns it, or the target is another one."""
    back = _change(o).rollback_time is not None
    told = f"{'rollback' if back else 'promotion'} refused: {message}"
    final = Reason.ROLLBACK_BLOCKED if back else reason
    return finish(o, Outcome.FAILED, final, told, event=Event(reason.value, told, "Warning"))


def _change(o: Observed) -> PointerChange:
    change = o.run.status.pointer_change
    if change is None:
        raise AssertionError("asked for the pointer change before it was recorded")
    return change


def _live(o: Observed) -> str:
    return o.target.pointer if o.target else ""


def _rollout(o: Observed) -> Rollout:
    return rollout_of(o.target.document) if o.target else Halted("the target is gone")


def _is_written(o: Observed) -> bool:
    return find(o.run.status.conditions, ConditionType.PROMOTED) is not None
