"""Whether a monitor can work at all: the condition Ready. Checks in order, the first that holds wins. Pure."""

from collections.abc import Callable

from refit_operator.api.conditions import Reason
from refit_operator.api.training import StartFrom
from refit_operator.api.uris import Pointer, is_reachable_by_pods, parse_claim_uri
from refit_operator.monitor.rules.decision import Hold, Observed
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, describe
from refit_operator.target.rules.view import WIRING


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
        if model and not is_reachable_by_pods(model.uri):
            return Hold(Reason.INVALID_SPEC, f"{name} {model.uri} is on no claim, so that a trainer can't mount it")
    return None


def holdout_is_apart(o: Observed) -> Hold | None:
    """No claim that training mounts holds the holdout; nor, in an object store, a folder that training is given."""
    training = o.monitor.spec.training
    start = starting_model(o)
    holdout = training.dataset.holdout
    own = parse_claim_uri(holdout)
    for uri in (training.dataset.train, training.checkpoints.uri, start.uri if start else ""):
        place = parse_claim_uri(uri)
        if own and place and own.claim == place.claim:
            return Hold(Reason.INVALID_SPEC, f"training.dataset.holdout: training mounts claim {own.claim!r} too")
        if not own and uri and (_is_within(holdout, uri) or _is_within(uri, holdout)):
            return Hold(Reason.INVALID_SPEC, f"training.dataset.holdout: {holdout} and {uri} hold the same rows")
    return None


def _is_within(inner: str, outer: str) -> bool:
    return f"{inner}/".startswith(f"{outer}/")


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
