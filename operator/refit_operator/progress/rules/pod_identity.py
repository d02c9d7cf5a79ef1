"""Whose token a report came with: the pod by the API server's TokenReview, the run by the pod's labels. Pure."""

from dataclasses import dataclass
from typing import Any

from refit_operator.api.base import MONITOR_LABEL, RUN_LABEL
from refit_operator.api.metadata import Ref
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


def find_caller(identity: PodIdentity, pod: Document | None) -> Caller | None:
    """Return the run of exactly that pod; None where it is gone, or isn't a pod of a run's Job."""
    if pod is None or pod["metadata"].get("uid") != identity.uid:
        return None
    labels = pod["metadata"].get("labels") or {}
    run, monitor = labels.get(RUN_LABEL), labels.get(MONITOR_LABEL)
    owners = pod["metadata"].get("ownerReferences") or ()
    if not run or not monitor or not any(o.get("kind") == "Job" and o.get("name") == run for o in owners):
        return None
    return Caller(Ref(identity.ref.namespace, run), Ref(identity.ref.namespace, monitor), identity.ref.name)
