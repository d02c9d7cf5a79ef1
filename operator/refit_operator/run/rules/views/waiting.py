"""Why a Job's pod doesn't start: by the pod itself, and where that says nothing, by Events. Pure."""

import re
from dataclasses import dataclass, field

from refit_operator.api.reasons import Reason
from refit_operator.run.rules.views.claims import Claim
from refit_operator.run.rules.views.documents import (
    Document,
    by_index,
    containers_of,
    ending_of,
    has_started,
    is_over,
    last_ending_of,
    machine_of,
    statuses_of,
    unscheduled_message,
)
from refit_operator.run.rules.views.nodes import lost_with_node
from refit_operator.run.rules.views.reports import parse_error
from refit_operator.run.rules.views.storage import MOUNTING, unmounted_volume, unscheduled_volume

NORMAL = ("ContainerCreating", "PodInitializing")
IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
BACK_OFF = re.compile(r'^Back-off pulling image "[^"]*": \w+: ')
EVENTS = {
    **dict.fromkeys(MOUNTING, Reason.VOLUME_NOT_MOUNTED),
    "FailedCreatePodSandBox": Reason.CONTAINER_NOT_STARTED,
    "FailedCreate": Reason.POD_REFUSED,
}
"""Events that say why, and the Reason of each."""


@dataclass(frozen=True)
class Waiting:
    """What prevents a pod from starting."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class Surroundings:
    """What says why a pod waits, where its own status doesn't: each read only where it is needed."""

    events: list[Document] = field(default_factory=list)
    """Those of the object that `subject_of` or `silent_pod` names."""
    claims: tuple[Claim, ...] = ()
    nodes: list[Document] = field(default_factory=list)


NOTHING = Surroundings()


def subject_of(job: Document, pods: list[Document]) -> str:
    """Return the UID of the object whose Events may say why nothing starts; empty where none is needed."""
    if is_halted(job):
        return ""
    found = (_subject(job, pods[-1] if pods else None) for pods in by_index(job, pods))
    return next((uid for uid in found if uid), "")


def _subject(job: Document, newest: Document | None) -> str:
    if newest is None or (is_over(newest) and not _is_done(newest)):
        return str(job["metadata"]["uid"])
    return "" if has_started(newest) or by_pod(newest) else str(newest["metadata"]["uid"])


def _is_done(pod: Document) -> bool:
    return bool(pod["status"]["phase"] == "Succeeded")


def is_halted(job: Document) -> bool:
    """Return whether the Job is suspended or over, so that no pod is to start."""
    return ending_of(job) is not None or bool(job["spec"].get("suspend"))


def explain(job: Document, pods: list[Document], around: Surroundings = NOTHING) -> Waiting | None:
    """Return what prevents the Job's next pod from starting, or from going on; None where nothing is known to."""
    if is_halted(job):
        return None
    machines = enumerate(by_index(job, pods))
    found = ((index, _explain(pods[-1] if pods else None, around)) for index, pods in machines)
    named = ((machine_of(job, index), waiting) for index, waiting in found if waiting)
    return next((Waiting(waiting.reason, f"{machine}{waiting.message}") for machine, waiting in named), None)


def _explain(newest: Document | None, around: Surroundings) -> Waiting | None:
    if newest is None:
        return by_events(around)
    if is_over(newest):
        return None if _is_done(newest) else by_events(around, newest["metadata"]["creationTimestamp"])
    if lost := lost_with_node(newest, around.nodes):
        return Waiting(*lost)
    return by_pod(newest, around.claims) or (None if has_started(newest) else by_events(around))


def silent_pod(pods: list[Document]) -> str:
    """Return the UID of the newest pod that doesn't start, where no pod's own status says why. Oldest pod first."""
    waiting = [pod for pod in pods if not has_started(pod)]
    is_explained = any(by_pod(pod) for pod in waiting)
    return "" if is_explained or not waiting else str(waiting[-1]["metadata"]["uid"])


def why_not_started(pods: list[Document], around: Surroundings = NOTHING) -> str:
    """Return why the newest pod that can't start doesn't, by its name; empty where every pod can. Oldest pod first."""
    waiting = [pod for pod in reversed(pods) if not has_started(pod)]
    found = [(pod, why) for pod in waiting if (why := by_pod(pod, around.claims))]
    found = found or [(pod, why) for pod in waiting[:1] if (why := by_events(around))]
    return next((f"pod {pod['metadata']['name']}: {why.message}" for pod, why in found), "")


def by_pod(pod: Document, claims: tuple[Claim, ...] = ()) -> Waiting | None:
    """Return what the pod's own status says."""
    if message := unscheduled_message(pod):
        return unscheduled(message, pod, claims)
    waiting = ((name, state.get("waiting") or {}) for name, state in statuses_of(pod).items())
    found = ((name, w) for name, w in waiting if w.get("reason") and w["reason"] not in NORMAL)
    return next((_not_started(pod, name, w["reason"], w.get("message") or "") for name, w in found), None)


def unscheduled(message: str, pod: Document, claims: tuple[Claim, ...]) -> Waiting:
    """Return why the scheduler finds no node; its message names what is missing, such as nvidia.com/gpu."""
    volume = unscheduled_volume(message, pod, claims)
    return Waiting(*volume) if volume else Waiting(Reason.UNSCHEDULABLE, f"no node fits the pod: {message}")


def _not_started(pod: Document, name: str, reason: str, message: str) -> Waiting:
    if reason in IMAGE:
        image, why = containers_of(pod)[name]["image"], BACK_OFF.sub("", message) or reason
        return Waiting(Reason.IMAGE_NOT_PULLED, f"the image {image} of container {name} can't be pulled: {why}")
    why = f"{reason}: {message}" if message else reason
    return Waiting(Reason.CONTAINER_NOT_STARTED, f"container {name} can't start: {why}{_before(pod, name)}")


def _before(pod: Document, name: str) -> str:
    """Return what a container that fails again and again said the last time, such as a wrong digest."""
    ended = last_ending_of(pod, name)
    words = parse_error(ended.get("message") or "") or ended.get("reason")
    return f"; it exited {ended['exitCode']}: {words}" if words else ""


def by_events(around: Surroundings, since: str = "") -> Waiting | None:
    """Return what the newest Event of EVENTS says, leaving out those older than `since` (RFC 3339)."""
    explaining = [e for e in around.events if e.get("reason") in EVENTS and _time(e) >= since]
    newest = max(explaining, key=_time, default=None)
    return _by_event(newest["reason"], newest.get("note") or "", around.claims) if newest else None


def _time(event: Document) -> str:
    series = event.get("series") or {}
    return series.get("lastObservedTime") or event.get("deprecatedLastTimestamp") or event.get("eventTime") or ""


def _by_event(reason: str, note: str, claims: tuple[Claim, ...]) -> Waiting:
    kind = EVENTS[reason]
    if kind is Reason.POD_REFUSED:
        return refused("pod", note.removeprefix("Error creating: "))
    if kind is Reason.VOLUME_NOT_MOUNTED:
        return Waiting(*unmounted_volume(note, claims))
    return Waiting(kind, f"the pod can't start: {note}")


def refused(what: str, message: str) -> Waiting:
    """Return why the API server doesn't allow a Job or pod: a quota, Pod Security, another admission rule."""
    reason = Reason.QUOTA_EXCEEDED if "exceeded quota" in message else Reason.POD_REFUSED
    return Waiting(reason, f"the {what} can't be created: {message}")
