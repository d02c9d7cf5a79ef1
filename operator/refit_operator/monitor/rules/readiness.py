"""Whether a monitor can work at all: the condition Ready. Checks in order, the first objection wins. Pure."""

from collections.abc import Callable

from refit_operator.api.durations import format_duration
from refit_operator.api.reasons import Reason
from refit_operator.api.training import StartFrom
from refit_operator.api.uris import Pointer, is_reachable_by_pods, is_within, parse_claim_uri
from refit_operator.monitor.rules.decision import Hold, Observed
from refit_operator.prometheus.rules.evidence import FEWEST_WINDOWS
from refit_operator.prometheus.rules.promql import parse_query
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, describe
from refit_operator.target.rules.kinds import KINDS
from refit_operator.target.rules.objections import WIRING
from refit_operator.target.rules.serving_port import port_of_pods


def starting_model(o: Observed) -> Pointer | None:
    """Return the model that training starts from; None where the spec names none."""
    training = o.monitor.spec.training
    base = Pointer(training.base_model) if training.base_model else None
    return base if training.start_from is StartFrom.BASE else o.served or base


def query_refused(o: Observed) -> Hold | None:
    """Hold while a query doesn't parse, or Prometheus refuses it."""
    if o.query_error:
        return Hold(Reason.QUERY_REFUSED, o.query_error)
    failed = _failure(o, FailureKind.BadQuery)
    return Hold(Reason.QUERY_REFUSED, describe(failed)) if failed else None


def source_forbidden(o: Observed) -> Hold | None:
    """Hold while the server isn't one that the administrator allowed, or a Secret for it may not be read."""
    failed = _failure(o, FailureKind.Forbidden)
    return Hold(Reason.SOURCE_FORBIDDEN, failed.message) if failed else None


def secret_missing(o: Observed) -> Hold | None:
    """Hold while a Secret or key that spec.prometheus names is missing or unusable."""
    failed = _failure(o, FailureKind.BadSecret)
    return Hold(Reason.SECRET_MISSING, failed.message) if failed else None


def _failure(o: Observed, kind: FailureKind) -> QueryFailed | None:
    newest = o.newest
    return newest if isinstance(newest, QueryFailed) and newest.kind is kind else None


def target_not_served(o: Observed) -> Hold | None:
    """Hold while the API server doesn't know the kind in serving.targetRef."""
    if not o.not_served:
        return None
    needed = KINDS[o.monitor.spec.serving.target_ref.kind].installed_by
    return Hold(Reason.TARGET_NOT_SERVED, f"{o.not_served}: {needed} isn't installed" if needed else o.not_served)


def target_missing(o: Observed) -> Hold | None:
    """Hold while nothing has the kind and name in serving.targetRef."""
    ref = o.monitor.spec.serving.target_ref
    return Hold(Reason.TARGET_MISSING, f"no {ref.kind} {ref.name!r} in this namespace") if o.target is None else None


def target_claimed(o: Observed) -> Hold | None:
    """Hold while an older monitor has the same target."""
    return Hold(Reason.TARGET_CLAIMED, f"monitor {o.claimed_by!r} has this target") if o.claimed_by else None


def target_not_wired(o: Observed) -> Hold | None:
    """Hold while no container reads the pointer, or those that do don't all see the checkpoints at the same place."""
    objection = o.target.objection_to(o.monitor.spec.training.checkpoints.uri) if o.target else WIRING
    objection = objection or _shadow_without_port(o)
    return Hold(Reason.TARGET_NOT_WIRED, objection) if objection else None


def _shadow_without_port(o: Observed) -> str:
    if o.target is None or o.monitor.spec.verification.shadow is None or port_of_pods(o.target.document):
        return ""
    return "verification.shadow: no container of the target names a port that copies of requests could go to"


def invalid_spec(o: Observed) -> Hold | None:
    """Hold while the spec contradicts itself, or what serves: no starting model, a holdout that training sees, false
    runs allowed so often that next to nothing is evidence, or outcomes that count more than once.
    """
    objection = _no_starting_model(o) or _model_out_of_reach(o) or _holdout_exposed(o)
    objection = objection or _nothing_is_enough(o) or _counted_twice(o)
    return Hold(Reason.INVALID_SPEC, objection) if objection else None


def _no_starting_model(o: Observed) -> str:
    return "" if starting_model(o) else "nothing to start from: set serving.initialModel or training.baseModel"


def _model_out_of_reach(o: Observed) -> str:
    """A path in the server's own container can't be mounted by a trainer."""
    for name, model in (("the starting model", starting_model(o)), ("the served model", o.served)):
        if model and not is_reachable_by_pods(model.uri):
            return f"{name} {model.uri} is a path in the server's container, which a trainer can't read"
    return ""


def _holdout_exposed(o: Observed) -> str:
    """No claim that training mounts holds the holdout; nor, in an object store, a folder that training is given."""
    training = o.monitor.spec.training
    start = starting_model(o)
    holdout = training.dataset.holdout
    own = parse_claim_uri(holdout)
    for uri in (training.dataset.train, training.checkpoints.uri, start.uri if start else ""):
        place = parse_claim_uri(uri)
        if own and place and own.claim == place.claim:
            return f"training.dataset.holdout: training mounts claim {own.claim!r} too"
        if not own and uri and (is_within(holdout, uri) or is_within(uri, holdout)):
            return f"training.dataset.holdout: {holdout} and {uri} hold the same rows"
    return ""


def _nothing_is_enough(o: Observed) -> str:
    if not o.monitor.spec.metric.is_counted or o.evidence_needed >= FEWEST_WINDOWS:
        return ""
    return (
        f"metric.falseRuns: between two of them are {o.evidence_needed:.3g} windows, and at least {FEWEST_WINDOWS} are "
        "needed; allow fewer, or shorten metric.window"
    )


def _counted_twice(o: Observed) -> str:
    """Outcomes of a query's range that is longer than the time between its readings are in several of them."""
    metric = o.monitor.spec.metric
    reach = parse_query(metric.promql).longest_range
    if metric.samples is None or reach <= o.interval:
        return ""
    interval, between = format_duration(reach), format_duration(o.interval)
    return (
        f"metric.interval: the query reads {interval} every {between}, so that outcomes would count several times; "
        f"set it to {interval}, or leave it or metric.samples out"
    )


Check = Callable[[Observed], Hold | None]

READINESS: tuple[Check, ...] = (
    query_refused,
    source_forbidden,
    secret_missing,
    target_not_served,
    target_missing,
    target_claimed,
    target_not_wired,
    invalid_spec,
)
"""Whether the monitor can work at all: the condition Ready."""
