"""What the checks of a shadow share: whether one is awaited, how long it has answered, how it ends a run. Pure."""

from datetime import datetime, timedelta

from refit_operator.api.conditions import ConditionType
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, Stage
from refit_operator.api.shadow import ShadowSpec, shadow_name
from refit_operator.run.rules.checks.promotion import POLL
from refit_operator.run.rules.decision import Decision, Observed, condition, finish, record
from refit_operator.run.rules.views.shadow import Made, awaits_shadow


def awaits(o: Observed) -> bool:
    """Return whether the candidate has yet to answer copies of live requests."""
    return awaits_shadow(o.run) and o.run.status.pointer_change is None


def spec_of(o: Observed) -> ShadowSpec:
    """Return what is asked of the shadow."""
    spec = o.run.spec.verification.shadow
    if spec is None:
        raise AssertionError("a shadow is judged that isn't asked for")
    return spec


def answering_since(o: Observed) -> datetime | None:
    """Return when its pod was ready; None before, and where nothing is awaited of it any more."""
    shadow = o.run.status.shadow
    return shadow.ready_time if shadow and awaits(o) else None


def is_over(o: Observed, more: timedelta = timedelta(0)) -> bool:
    """Return whether it has answered for as long as it should, and so much longer."""
    since = answering_since(o)
    return since is not None and o.now - since >= spec_of(o).for_ + more


def ours_of(o: Observed) -> dict[tuple[str, str], Made]:
    """Return what exists of the shadow and is this run's."""
    return {kind: made for kind, made in o.shadow.made.items() if made.owner == o.run.metadata.uid}


def taken(o: Observed) -> str:
    """Say what has the shadow's name and isn't this run's; empty where nothing has."""
    ours = ours_of(o)
    kinds = [kind[1] for kind in o.shadow.made if kind not in ours]
    name = shadow_name(o.run.spec.serving.target_ref.name)
    return f"{' and '.join(kinds)} {name} exists and isn't controlled by this run: delete it" if kinds else ""


def end(o: Observed, outcome: Outcome, reason: Reason, message: str) -> Decision:
    """End the run for what its shadow showed."""
    return finish(o, outcome, reason, message, condition(o, ConditionType.SHADOWED, "False", reason, message))


def record_refusal(o: Observed, words: str) -> Decision:
    """Record why the shadow can't be made; the next reconciliation ends the run for it."""
    shadow = o.run.status.shadow
    told = shadow.model_copy(update={"refused": words}) if shadow else None
    return Decision(record(o, Stage.SHADOWING, words, shadow=told), requeue_after=POLL)
