"""From two reports to a rolled-out checkpoint: gate, record, write, wait; and the rollback. Pure.

What a rollback restores is known before the target is touched: the live pointer that the run was decided on, which its
spec keeps. The status shows it, and nothing rests on that.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from refit_operator.api.base import ROLLBACK_ANNOTATION
from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.events import Event
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, PointerChange, Stage
from refit_operator.api.uris import Pointer, name_pointer
from refit_operator.run.rules.baseline import baseline_now
from refit_operator.run.rules.decision import AT_ONCE, Decision, Observed, WritePointer, condition, finish, record
from refit_operator.run.rules.gate import judge
from refit_operator.run.rules.gate_case import Case
from refit_operator.run.rules.manifests.config import checkpoint_uri
from refit_operator.run.rules.views.results import recorded_judgement
from refit_operator.target.rules.ownership import describe_change
from refit_operator.target.rules.rollout import Complete, Failed, Halted, Progressing, Rollout, Waiting
from refit_operator.target.rules.view import TargetView

POLL = timedelta(seconds=2)
"""How often a target is read while its rollout is under way."""


def evaluate_gate(o: Observed) -> Decision | None:
    """Compare the candidate with the model in service."""
    if o.run.is_rollback or find(o.run.status.conditions, ConditionType.ACCEPTED):
        return None
    report = recorded_judgement(o.run.status.result)
    if report is None:
        return finish(o, Outcome.FAILED, Reason.REPORT_LOST, "no judgement is recorded")
    result = o.run.status.result
    digest, use = result.checkpoint.rpartition("@")[2], result.holdout_use or 1
    verdict = judge(Case(o.run.spec.gate, report, bool(o.run.spec.served_checkpoint), digest, o.rolled_back, use))
    if verdict.accepted:
        accepted = condition(o, ConditionType.ACCEPTED, "True", verdict.reason, verdict.message)
        status = record(o, Stage.JUDGING, verdict.message, accepted)
        return Decision(status, events=(Event("CandidateAccepted", verdict.message),), requeue_after=AT_ONCE)
    refused = condition(o, ConditionType.ACCEPTED, "False", verdict.reason, verdict.message)
    event = Event("CandidateRejected", verdict.message, "Warning")
    return finish(o, Outcome.REJECTED, verdict.reason, verdict.message, refused, event=event)


def target_missing(o: Observed) -> Decision | None:
    """End the run where the target is missing."""
    return None if o.target else finish(o, Outcome.FAILED, Reason.TARGET_MISSING, "the target was deleted")


def target_replaced(o: Observed) -> Decision | None:
    """End the run where the target isn't the one that the pointer was recorded for."""
    change = o.run.status.pointer_change
    if o.target is None or change is None or change.target_uid == o.target.uid:
        return None
    return finish(o, Outcome.FAILED, Reason.TARGET_REPLACED, "the target was deleted and created again")


def target_not_wired(o: Observed) -> Decision | None:
    """End the run where the target can't read what would be written."""
    if o.run.status.pointer_change or o.target is None or new_pointer(o, o.target) is not None:
        return None
    old = o.run.spec.restore_pointer
    words = o.target.objection_to(checkpoint_uri(o.run)) if old is None else o.target.objection_to_pointer(old)
    return finish(o, Outcome.FAILED, Reason.TARGET_NOT_WIRED, words)


def overruled(o: Observed) -> Decision | None:
    """End the run where somebody else changed the pointer, or what reads it: theirs stays."""
    if o.target is None:
        return None
    return _overruled_after_record(o, o.target) if o.run.status.pointer_change else _overruled_before(o, o.target)


def _overruled_before(o: Observed, target: TargetView) -> Decision | None:
    if target.pointer in (o.run.spec.live_pointer, new_pointer(o, target)) and not target.disagreement:
        return None
    message = f"while the candidate was trained, {describe_change(target, o.run.spec.live_pointer)}"
    return finish(o, Outcome.SUPERSEDED, Reason.OVERRULED, message)


def _overruled_after_record(o: Observed, target: TargetView) -> Decision | None:
    change = _change(o)
    ours = {change.new} if _is_written(o) and not change.rollback_time else {change.new, o.run.spec.live_pointer}
    if target.reads_pointer and target.pointer in ours and not target.disagreement:
        return None
    unread = "the target was changed: no container reads the pointer any more"
    message = describe_change(target, change.new) if target.reads_pointer else unread
    return finish(o, Outcome.SUPERSEDED, Reason.OVERRULED, message, event=Event("Overruled", message, "Warning"))


def record_lost_promotion(o: Observed) -> Decision | None:
    """Never write a pointer that was on the target and is no longer: the run's record of why was lost."""
    new = new_pointer(o, o.target) if o.target else None
    if not o.was_written or o.run.status.pointer_change or o.target is None or new is None or o.target.pointer == new:
        return None
    change = PointerChange(target_uid=o.target.uid, old=o.run.spec.live_pointer, new=new, time=o.now)
    message = f"{name_pointer(new)} was on the target before and is no longer; the record of why was lost"
    is_back = o.target.pointer == o.run.spec.live_pointer
    outcome, reason = (Outcome.ROLLED_BACK, Reason.ROLLED_BACK) if is_back else (Outcome.SUPERSEDED, Reason.OVERRULED)
    ended = finish(o, outcome, reason, message)
    return Decision(ended.status.model_copy(update={"pointer_change": change}), events=ended.events)


def new_pointer(o: Observed, target: TargetView) -> str | None:
    """Return what will be written, in the server's terms; None where the target can't see it."""
    if not target.reads_pointer:
        return None
    old = o.run.spec.restore_pointer
    if old is not None:
        return None if target.objection_to_pointer(old) else old
    uri = target.to_server_uri(checkpoint_uri(o.run))
    return str(Pointer(uri, o.run.status.result.checkpoint.rpartition("@")[2])) if uri else None


def record_change(o: Observed) -> Decision | None:
    """Record what will be written and what it replaces, before anything is touched."""
    new = new_pointer(o, o.target) if o.target else None
    if o.run.status.pointer_change or o.target is None or new is None:
        return None
    change = PointerChange(target_uid=o.target.uid, old=o.run.spec.live_pointer, new=new, time=o.now)
    message = f"writing {_name(o, change.new)}"
    status = record(o, Stage.ROLLING_OUT, message, pointer_change=change, baseline=baseline_now(o))
    return Decision(status, requeue_after=AT_ONCE)


def write_pointer(o: Observed) -> Decision | None:
    """Write the pointer, and record that it was: from then on the old value there is somebody else's change."""
    change = _change(o)
    if _is_written(o) or change.rollback_time:
        return None
    message = f"rolling out {_name(o, change.new)}"
    promoted = condition(o, ConditionType.PROMOTED, "Unknown", Reason.ROLLING_OUT, message)
    status = record(o, Stage.ROLLING_OUT, message, promoted)
    if _live(o) == change.new:
        return Decision(status, requeue_after=AT_ONCE)
    return Decision(status, actions=(WritePointer(change.new, o.may_force),), requeue_after=AT_ONCE)


def await_rollout(o: Observed) -> Decision | None:
    """Wait until every pod runs the candidate, or decide to roll back."""
    change = _change(o)
    if o.run.status.rolled_out_time or change.rollback_time:
        return None
    match _rollout(o):
        case Complete():
            return _promoted(o)
        case Halted(message):
            return roll_back(o, Reason.ROLLOUT_BLOCKED, message)
        case Failed(message, is_verdict) if is_verdict or not o.run.is_rollback:
            return roll_back(o, Reason.ROLLOUT_FAILED if is_verdict else _blame(o), message)
        case Waiting(message):
            return Decision(record(o, Stage.ROLLING_OUT, message), requeue_after=POLL)
        case Progressing(message) | Failed(message):
            if _time_without_progress(o, change.time) >= o.run.spec.serving.rollout_deadline:
                return roll_back(o, _blame(o), f"not rolled out in time: {message}")
            return Decision(record(o, Stage.ROLLING_OUT, message), requeue_after=POLL)


def _time_without_progress(o: Observed, since: datetime) -> timedelta:
    """Return the time since then; where a rollout has steps that take their own time, since it last went on."""
    progressed = o.target.progressed if o.target else None
    return o.now - max(since, progressed or since)


def _blame(o: Observed) -> Reason:
    """Return why a rollout failed: not for weights that ran in no pod, whether it is known what kept them or not."""
    return Reason.ROLLOUT_FAILED if o.candidate_ran else Reason.ROLLOUT_BLOCKED


def _promoted(o: Observed) -> Decision:
    change = _change(o)
    message = f"{_name(o, change.new)} serves instead of {_name(o, o.run.spec.live_pointer)}"
    promoted = condition(o, ConditionType.PROMOTED, "True", Reason.ROLLED_OUT, message)
    status = record(o, Stage.VERIFYING, message, promoted, rolled_out_time=o.now)
    return Decision(status, events=(Event("CheckpointPromoted", message),), requeue_after=AT_ONCE)


def complete_requested_rollback(o: Observed) -> Decision | None:
    """End a requested rollback once its pods are there: there is nothing to compare it with."""
    if not o.run.is_rollback or o.run.status.rolled_out_time is None:
        return None
    new, old = _name(o, _change(o).new), _name(o, o.run.spec.live_pointer)
    message = f"{new} serves again instead of {old}: rollback requested ({ROLLBACK_ANNOTATION})"
    return finish(o, Outcome.RESTORED, Reason.ROLLBACK_REQUESTED, message, event=Event("RolledBack", message))


def roll_back(o: Observed, reason: Reason, message: str) -> Decision:
    """Record the decision to roll back; the next reconciliation acts on it."""
    kind = ConditionType.CONFIRMED if o.run.status.rolled_out_time else ConditionType.PROMOTED
    refused = condition(o, kind, "False", reason, message)
    change = _change(o).model_copy(update={"rollback_time": o.now})
    status = record(o, Stage.ROLLING_BACK, message, refused, pointer_change=change)
    return Decision(status, requeue_after=AT_ONCE)


def await_rollback(o: Observed) -> Decision | None:
    """Restore the old pointer and wait for its pods."""
    change = _change(o)
    if change.rollback_time is None:
        return None
    if _live(o) == change.new:
        status = record(o, Stage.ROLLING_BACK, f"rolling back {_name(o, change.new)}: {o.run.status.message}")
        return Decision(status, actions=(WritePointer(o.run.spec.live_pointer),), requeue_after=AT_ONCE)
    match _rollout(o):
        case Complete():
            return _rolled_back(o, Reason.ROLLED_BACK, "")
        case Halted(message):
            return _rolled_back(o, Reason.ROLLBACK_BLOCKED, message)
        case Progressing(message) | Waiting(message) | Failed(message):
            if o.now - change.rollback_time >= o.run.spec.serving.rollout_deadline:
                return _rolled_back(o, Reason.ROLLBACK_BLOCKED, message)
            return Decision(record(o, Stage.ROLLING_BACK, message), requeue_after=POLL)


def _rolled_back(o: Observed, reason: Reason, trouble: str) -> Decision:
    change = _change(o)
    kind = ConditionType.CONFIRMED if o.run.status.rolled_out_time else ConditionType.PROMOTED
    why = find(o.run.status.conditions, kind)
    message = f"rolled back {_name(o, change.new)}" + (f": {why.message}" if why else "")
    message += f"; the rollback's own rollout: {trouble}" if trouble else ""
    return finish(o, Outcome.ROLLED_BACK, reason, message, event=Event("RolledBack", message, "Warning"))


def after_refusal(o: Observed, reason: Reason, message: str) -> Decision:
    """End the run where the API server refused the pointer: another manager owns it, or the target is another one."""
    back = _change(o).rollback_time is not None
    text = f"{'rollback' if back else 'promotion'} refused: {message}"
    final = Reason.ROLLBACK_BLOCKED if back else reason
    return finish(o, Outcome.FAILED, final, text, event=Event(reason.value, text, "Warning"))


def _change(o: Observed) -> PointerChange:
    change = o.run.status.pointer_change
    if change is None:
        raise AssertionError("the pointer change is used before it is recorded")
    return change


def _live(o: Observed) -> str:
    return o.target.pointer if o.target else ""


def _rollout(o: Observed) -> Rollout:
    """Return how far the rollout is; one that isn't complete says what keeps its pods from being made or starting."""
    if o.target is None:
        return Halted("the target was deleted")
    rollout = o.target.rollout_to(_wanted(o))
    if isinstance(rollout, Complete):
        return rollout
    words = (rollout.message, o.target.replica_failure, o.rollout_blocker)
    return replace(rollout, message="; ".join(word for word in words if word))


def _wanted(o: Observed) -> str:
    """Return the pointer that the pods are on their way to."""
    change = _change(o)
    return o.run.spec.live_pointer if change.rollback_time else change.new


def _name(o: Observed, pointer: str) -> str:
    return name_pointer(pointer, o.run.spec.serving.initial_model)


def _is_written(o: Observed) -> bool:
    return find(o.run.status.conditions, ConditionType.PROMOTED) is not None
