"""When to retrain: an ordered list of checks, the first that holds wins. The tuple is the specification. Pure."""

from collections.abc import Callable

from refit_operator.api.base import TAKE_POINTER_ANNOTATION
from refit_operator.api.conditions import Reason
from refit_operator.api.policy import Mode
from refit_operator.api.run import Trigger, TriggerReason
from refit_operator.api.training import StartFrom
from refit_operator.api.uris import Pointer, parse_claim_uri
from refit_operator.monitor.build import build_run
from refit_operator.monitor.decision import Decision, Hold, Observed, StartRun
from refit_operator.monitor.limits import (
    breaker_is_closed,
    budget_is_left,
    cooldown_is_over,
    guards_hold,
    no_guard_failed,
    no_mass_breach,
)
from refit_operator.signal.reading import FailureKind, QueryFailed, Value, describe
from refit_operator.target.ownership import handover
from refit_operator.target.view import WIRING


def starting_model(o: Observed) -> Pointer | None:
    """Return the model that training starts from; None where the spec names none."""
    training = o.monitor.spec.training
    base = Pointer(training.base_model) if training.base_model else None
    return base if training.start_from is StartFrom.BASE else o.served or base


def query_parses(o: Observed) -> Hold | None:
    """Every query is PromQL."""
    return Hold(Reason.QUERY_REFUSED, o.query_error) if o.query_error else None


def query_is_accepted(o: Observed) -> Hold | None:
    """Prometheus evaluates it."""
    newest = o.newest
    refused = isinstance(newest, QueryFailed) and newest.kind is FailureKind.BadQuery
    return Hold(Reason.QUERY_REFUSED, describe(newest)) if newest and refused else None


def source_may_be_asked(o: Observed) -> Hold | None:
    """The server is one that an administrator allowed, and the Secrets for it are there to be read."""
    reasons = {FailureKind.Forbidden: Reason.SOURCE_FORBIDDEN, FailureKind.BadSecret: Reason.SECRET_MISSING}
    newest = o.newest
    reason = reasons.get(newest.kind) if isinstance(newest, QueryFailed) else None
    return Hold(reason, newest.message) if reason and isinstance(newest, QueryFailed) else None


def target_exists(o: Observed) -> Hold | None:
    """There is a Deployment of that name."""
    name = o.monitor.spec.serving.target_ref.name
    return Hold(Reason.TARGET_MISSING, f"no Deployment {name!r} in this namespace") if o.target is None else None


def target_is_ours_alone(o: Observed) -> Hold | None:
    """No older monitor has the same target."""
    return Hold(Reason.TARGET_CLAIMED, f"monitor {o.claimed_by!r} has this target") if o.claimed_by else None


def target_is_wired(o: Observed) -> Hold | None:
    """A container reads the pointer, and sees the claim that checkpoints are published on."""
    if o.target is None or not o.target.reads_pointer:
        return Hold(Reason.TARGET_NOT_WIRED, WIRING)
    uri = o.monitor.spec.training.checkpoints.uri
    if o.target.to_server_uri(uri) is None:
        claim = uri.split("/")[2]
        return Hold(Reason.TARGET_NOT_WIRED, f"the container that reads the pointer doesn't mount claim {claim!r}")
    return None


def models_are_reachable(o: Observed) -> Hold | None:
    """Training has a model to start from, on a claim that it can mount beside no holdout."""
    start = starting_model(o)
    if start is None:
        return Hold(Reason.INVALID_SPEC, "nothing to start from: set serving.initialModel or training.baseModel")
    for name, model in (("the starting model", start), ("the served model", o.served)):
        if model and parse_claim_uri(model.uri) is None:
            return Hold(Reason.INVALID_SPEC, f"{name} {model.uri} is on no claim, so that a trainer can't mount it")
    return None


def holdout_is_apart(o: Observed) -> Hold | None:
    """No claim that training mounts holds the holdout."""
    training = o.monitor.spec.training
    start = starting_model(o)
    seen = {
        uri.split("/")[2] for uri in (training.dataset.train, training.checkpoints.uri, start.uri if start else "//")
    }
    claim = training.dataset.holdout.split("/")[2]
    if claim in seen:
        return Hold(Reason.INVALID_SPEC, f"training.dataset.holdout: training mounts claim {claim!r} too")
    return None


def is_not_overruled(o: Observed) -> Hold | None:
    """The pointer is the one that we promoted, where a target made anew can't have it by itself."""
    if not o.is_overruled or o.target is None:
        return None
    live = o.target.pointer
    what = f"a person set the pointer to {live or 'none'}"
    if o.is_replaced:
        what = f"the target was deleted and made anew, with the pointer {live or 'none'}"
    how = f"annotate the monitor with {TAKE_POINTER_ANNOTATION}='{handover(live, o.runs)}'"
    return Hold(Reason.TARGET_REPLACED if o.is_replaced else Reason.OVERRULED, f"{what}; to go on from there, {how}")


def is_not_suspended(o: Observed) -> Hold | None:
    """Nobody has suspended the monitor."""
    return Hold(Reason.SUSPENDED, "spec.suspend is true") if o.monitor.spec.suspend else None


def mode_allows_runs(o: Observed) -> Hold | None:
    """The mode allows retraining."""
    observing = o.monitor.spec.mode is Mode.OBSERVE
    return Hold(Reason.MODE_OBSERVE, "spec.mode is Observe") if observing else None


def no_run_is_active(o: Observed) -> Hold | None:
    """One run at a time."""
    return Hold(Reason.RUN_ACTIVE, f"run {o.active_run.metadata.name} is under way") if o.active_run else None


def reading_is_a_value(o: Observed) -> Hold | None:
    """The last reading is a number; anything else starts nothing."""
    if isinstance(o.newest, Value):
        return None
    return Hold(Reason.METRIC_UNAVAILABLE, describe(o.newest) if o.newest else "no reading yet")


def metric_is_in_breach(o: Observed) -> Hold | None:
    """M of the last N readings are on the wrong side of the threshold."""
    return None if o.is_breached else Hold(Reason.WITHIN, breach_message(o))


Check = Callable[[Observed], Hold | None]

READINESS: tuple[Check, ...] = (
    query_parses,
    query_is_accepted,
    source_may_be_asked,
    target_exists,
    target_is_ours_alone,
    target_is_wired,
    models_are_reachable,
    holdout_is_apart,
)
"""Whether the monitor can work at all: the condition Ready."""

CHECKS: tuple[Check, ...] = (
    *READINESS,
    is_not_overruled,
    is_not_suspended,
    mode_allows_runs,
    no_run_is_active,
    reading_is_a_value,
    metric_is_in_breach,
    breaker_is_closed,
    cooldown_is_over,
    budget_is_left,
    no_mass_breach,
    guards_hold,
)

NOT_FOR_REQUESTS: tuple[Check, ...] = (
    reading_is_a_value,
    metric_is_in_breach,
    breaker_is_closed,
    cooldown_is_over,
    no_mass_breach,
)
"""What a run that a person requests goes past."""

PERMISSIONS: tuple[Check, ...] = (
    *(check for check in CHECKS if check not in (metric_is_in_breach, guards_hold)),
    no_guard_failed,
)
"""Whether a breach now would start a run: the condition RetrainAllowed. Guards count where they were asked."""


def first_hold(o: Observed, checks: tuple[Check, ...]) -> Hold | None:
    """Return the first objection."""
    return next((hold for check in checks if (hold := check(o))), None)


def decide(o: Observed) -> Decision:
    """Return the first objection, or the run to start."""
    return first_hold(o, checks_for(o)) or start_run(o)


def checks_for(o: Observed) -> tuple[Check, ...]:
    """Return the checks that count: all, or those that a person's request has to pass."""
    return tuple(check for check in CHECKS if check not in NOT_FOR_REQUESTS) if o.request else CHECKS


def only_guards_are_left(o: Observed) -> bool:
    """Return whether everything but the guards allows a run, so that they are worth asking."""
    return first_hold(o, tuple(check for check in checks_for(o) if check is not guards_hold)) is None


def breach_message(o: Observed) -> str:
    """Return the readings in a sentence, with numbers."""
    metric, newest = o.monitor.spec.metric, o.newest
    if not isinstance(newest, Value):
        return describe(newest) if newest else "no reading yet"
    of = min(len(o.readings), metric.breaches.out_of)
    sign = _sign(newest.value, metric.threshold)
    return f"{metric.name} {newest.value:.4g} {sign} {metric.threshold:.4g}, {o.breaches} of {of} readings in breach"


def _sign(value: float, threshold: float) -> str:
    return "<" if value < threshold else ">" if value > threshold else "="


def start_run(o: Observed) -> StartRun:
    """Return the run that answers this breach, or a person's request."""
    ordinal = 1 + max((o.monitor.status.attempts, *(run.spec.ordinal for run in o.runs)))
    newest = o.newest
    trigger = Trigger(
        reason=TriggerReason.MANUAL if o.request else TriggerReason.METRIC_BREACHED,
        value=newest.value if isinstance(newest, Value) else None,
        threshold=o.monitor.spec.metric.threshold,
        time=o.request or (newest.time if newest else o.now),
    )
    start, served = starting_model(o), o.served
    live = o.target.pointer if o.target else ""
    body = build_run(o.monitor, ordinal, trigger, str(start or ""), str(served or ""), live)
    return StartRun(body, f"a person requested it at {o.request}" if o.request else breach_message(o))
