"""The candidate beside what serves: it answers copies of live requests before it is promoted. Pure.

What serves is never touched by it. Recorded, made, ready, judged, removed: each a reconciliation of its own, and
whatever ends the run removes what was made (`shadow_removal.without_shadow`).
"""

from refit_operator.api.conditions import ConditionType
from refit_operator.api.durations import format_duration
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, Stage
from refit_operator.api.shadow import ShadowRecord
from refit_operator.api.uris import name_pointer
from refit_operator.prometheus.rules.reading import QueryFailed, describe
from refit_operator.run.rules.checks.promotion import POLL, new_pointer
from refit_operator.run.rules.checks.shadow_removal import leftovers
from refit_operator.run.rules.decision import (
    AT_ONCE,
    CreateShadow,
    Decision,
    Observed,
    condition,
    record,
)
from refit_operator.run.rules.manifests.shadow import build_deployment, build_service
from refit_operator.run.rules.shadowing import (
    answering_since,
    awaits,
    end,
    is_over,
    record_refusal,
    spec_of,
    taken,
)
from refit_operator.target.rules.kinds import DEPLOYMENT
from refit_operator.target.rules.rollout import Complete
from refit_operator.target.rules.serving_port import port_of_pods

SERVICE = ("v1", "Service")


def _progress(o: Observed) -> str:
    """Return how far its pod is on the way, and what stands in it."""
    if theirs := taken(o):
        return theirs
    view = o.shadow.deployment
    if view is None:
        return "its Deployment is being made"
    rollout = view.rollout
    words = ("" if isinstance(rollout, Complete) else rollout.message, view.replica_failure, o.shadow.blocker)
    return f"its own pod: {'; '.join(word for word in words if word)}"


def _is_ready(o: Observed) -> bool:
    view = o.shadow.deployment
    return not taken(o) and view is not None and isinstance(view.rollout, Complete)


def record_shadow(o: Observed) -> Decision | None:
    """Record that there will be a shadow, before anything of it is made."""
    if not awaits(o) or o.run.status.shadow:
        return None
    message = f"{name_pointer(o.run.status.result.checkpoint)} is to answer copies of live requests in a pod of its own"
    starting = condition(o, ConditionType.SHADOWED, "Unknown", Reason.SHADOW_STARTING, message)
    status = record(o, Stage.SHADOWING, message, starting, shadow=ShadowRecord(start_time=o.now))
    return Decision(status, requeue_after=AT_ONCE)


def shadow_not_started(o: Observed) -> Decision | None:
    """End the run where the shadow can't be made, or isn't ready in time."""
    shadow = o.run.status.shadow
    if not awaits(o) or shadow is None or shadow.ready_time:
        return None
    if shadow.refused:
        return end(o, Outcome.FAILED, Reason.SHADOW_NOT_STARTED, shadow.refused)
    if _is_ready(o) or o.now - shadow.start_time < o.run.spec.serving.rollout_deadline:
        return None
    return end(o, Outcome.FAILED, Reason.SHADOW_NOT_STARTED, f"not ready in time: {_progress(o)}")


def create_shadow(o: Observed) -> Decision | None:
    """Make what is missing of the shadow, and again where it is deleted.

    What a finished run has left in its place is deleted first; what somebody else has made there is left. The
    Deployment comes first and alone, which has to be lent: where it isn't, nothing was made that couldn't be deleted.
    """
    if not awaits(o) or o.target is None or is_over(o):
        return None
    if left := leftovers(o):
        return Decision(o.run.status, left, requeue_after=POLL)
    pointer, port = new_pointer(o, o.target), port_of_pods(o.target.document)
    if pointer is None or port is None:
        return record_refusal(o, "no container of the target names a port that copies could go to")
    missing = (
        CreateShadow(DEPLOYMENT.identity, build_deployment(o.run, o.target.document, pointer)),
        CreateShadow(SERVICE, build_service(o.run, port)),
    )
    actions = tuple(action for action in missing if action.kind not in o.shadow.made)[:1]
    return Decision(o.run.status, actions, requeue_after=AT_ONCE) if actions else None


def await_shadow(o: Observed) -> Decision | None:
    """Wait until its pod is ready, and record when it was."""
    shadow = o.run.status.shadow
    if not awaits(o) or shadow is None or shadow.ready_time:
        return None
    if not _is_ready(o):
        return Decision(record(o, Stage.SHADOWING, _progress(o)), requeue_after=POLL)
    message = f"copies of live requests are answered for {format_duration(spec_of(o).for_)}"
    answering = condition(o, ConditionType.SHADOWED, "Unknown", Reason.SHADOW_ANSWERING, message)
    ready = shadow.model_copy(update={"ready_time": o.now})
    return Decision(record(o, Stage.SHADOWING, message, answering, shadow=ready), requeue_after=AT_ONCE)


def await_answers(o: Observed) -> Decision | None:
    """Read the counts again at the next reading, and when the time is over."""
    since, answers = answering_since(o), o.shadow.answers
    if since is None:
        return None
    message = describe(answers) if isinstance(answers, QueryFailed) else str(answers)
    answering = condition(o, ConditionType.SHADOWED, "Unknown", Reason.SHADOW_ANSWERING, message)
    left = since + spec_of(o).for_ - o.now
    wait = min(left, o.next_reading) if left > AT_ONCE else o.next_reading
    return Decision(record(o, Stage.SHADOWING, message, answering), requeue_after=max(POLL, wait))


def creation_of_shadow_refused(o: Observed, kind: str, message: str) -> Decision:
    """Record that the API server doesn't let the shadow be made."""
    hint = "" if "ValidatingAdmissionPolicy" in message else "; docs/how-to/shadow.md says what the operator is lent"
    return record_refusal(o, f"the API server refuses the {kind}: {message}{hint}")
