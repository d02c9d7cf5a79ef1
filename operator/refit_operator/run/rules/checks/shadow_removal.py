"""A shadow is removed: before its candidate serves, and with whatever ends its run. Pure."""

from dataclasses import replace

from refit_operator.api.conditions import Condition, ConditionType, find
from refit_operator.api.events import Event
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, Stage
from refit_operator.api.shadow import shadow_name
from refit_operator.run.rules.checks.promotion import POLL
from refit_operator.run.rules.decision import Decision, DeleteShadow, Observed, finish, record
from refit_operator.run.rules.shadowing import ours_of


def remove_shadow(o: Observed) -> Decision | None:
    """Delete the shadow before the candidate serves: its pod's place is the rollout's."""
    if o.run.status.pointer_change or o.run.status.shadow is None or not ours_of(o):
        return None
    passed = find(o.run.status.conditions, ConditionType.SHADOWED)
    message = f"{passed.message if passed else ''}; its own pod is being removed"
    return Decision(record(o, Stage.SHADOWING, message), removals(o), requeue_after=POLL)


def removals(o: Observed) -> tuple[DeleteShadow, ...]:
    """Return what deletes that of the shadow which is this run's, and isn't being deleted."""
    name = shadow_name(o.run.spec.serving.target_ref.name)
    return tuple(DeleteShadow(kind, name, made.uid) for kind, made in ours_of(o).items() if not made.is_going)


def leftovers(o: Observed) -> tuple[DeleteShadow, ...]:
    """Return what deletes the shadow of a finished run, such as one whose creation was carried out after its end."""
    name, made = shadow_name(o.run.spec.serving.target_ref.name), o.shadow.made.items()
    return tuple(DeleteShadow(kind, name, one.uid) for kind, one in made if one.is_left and not one.is_going)


def without_shadow(o: Observed, decision: Decision) -> Decision:
    """Add to whatever ends the run that its shadow is deleted."""
    if decision.status.outcome is None or o.run.is_finished:
        return decision
    return replace(decision, actions=(*decision.actions, *removals(o)))


def deletion_of_shadow_refused(o: Observed, decision: Decision, action: DeleteShadow, error: str) -> Decision:
    """Leave what can't be deleted to somebody who can, and end the run all the same: no other starts before."""
    words = f"delete {action.kind[1]} {action.name} by hand: {error}"
    if decision.status.outcome is None:
        return finish(o, Outcome.FAILED, Reason.SHADOW_NOT_REMOVED, f"a shadow can't be deleted; {words}")
    added = f"; {words}"
    conditions = tuple(_with_words(one, added) for one in decision.status.conditions)
    told = {"message": f"{decision.status.message or ''}{added}", "conditions": conditions}
    event = Event(Reason.SHADOW_NOT_REMOVED.value, words, "Warning")
    return replace(decision, status=decision.status.model_copy(update=told), events=(*decision.events, event))


def _with_words(one: Condition, added: str) -> Condition:
    """Return the condition with these words at the end of its message, if it is the one that says how the run ended."""
    if one.type != ConditionType.FINISHED:
        return one
    return one.model_copy(update={"message": f"{one.message}{added}"})
