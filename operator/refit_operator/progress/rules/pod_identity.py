"""Whose token a report came with: the pod by the API server's TokenReview, the run by the pod's own Job. Pure."""

from dataclasses import dataclass
from typing import Any

from refit_operator.api.base import MONITOR_LABEL, RUN_LABEL
from refit_operator.api.metadata import Ref, owner_of
from refit_operator.api.progress import PROGRESS_AUDIENCE

Document = dict[str, Any]
ACCOUNT = "system:serviceaccount:"
EXTRA = "authentication.kubernetes.io/pod-"


@dataclass(frozen=True)
class PodIdentity:
    """The pod that a token is bound to."""

    ref: Ref
    uid: str


@dataclass(frozen=True)
class Caller:
    """The run that a report is about, the monitor it belongs to, and the pod that sent it."""

    run: Ref
    monitor: Ref
    pod: str


def read_review(status: Document) -> PodIdentity | None:
    """Return the pod in a TokenReview's status; None for a token that is no pod's, or not for this audience."""
    user = status.get("user") or {}
    extra = user.get("extra") or {}
    names, uids = extra.get(f"{EXTRA}name") or [], extra.get(f"{EXTRA}uid") or []
    account = str(user.get("username", ""))
    if not status.get("authenticated") or PROGRESS_AUDIENCE not in (status.get("audiences") or ()):
        return None
    if not account.startswith(ACCOUNT) or len(names) != 1 or len(uids) != 1:
        return None
    return PodIdentity(Ref(account.removeprefix(ACCOUNT).split(":")[0], names[0]), uids[0])


def find_job(identity: PodIdentity, pod: Document | None) -> Ref | None:
    """Return the Job to be asked for about exactly that pod; None where it is gone, or no label says."""
    if pod is None or pod["metadata"].get("uid") != identity.uid:
        return None
    run = _labels(pod).get(RUN_LABEL)
    return Ref(identity.ref.namespace, run) if run else None


def find_caller(identity: PodIdentity, pod: Document, job: Document | None) -> Caller | None:
    """Return the run whose Job controls the pod; None for a pod that only has a run's labels, which anybody may set."""
    run, monitor = _labels(pod).get(RUN_LABEL), _labels(pod).get(MONITOR_LABEL)
    if not run or not monitor or job is None or owner_of(pod) != job["metadata"]["uid"]:
        return None
    owners = job["metadata"].get("ownerReferences") or ()
    if not any(o.get("controller") and (o.get("kind"), o.get("name")) == ("RetrainRun", run) for o in owners):
        return None
    return Caller(Ref(identity.ref.namespace, run), Ref(identity.ref.namespace, monitor), identity.ref.name)


def _labels(pod: Document) -> dict[str, str]:
    return pod["metadata"].get("labels") or {}
