"""Why a Job's pod doesn't start: by the pod itself, and where that says nothing, by Events. Pure."""

import re
from dataclasses import dataclass

from refit_operator.api.conditions import Reason
from refit_operator.run.rules.views.documents import (
    Document,
    by_index,
    containers_of,
    ending_of,
    has_started,
    is_over,
    machine_of,
    statuses_of,
)
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


def explain(job: Document, pods: list[Document], events: list[Document], claims: list[Document]) -> Waiting | None:
    """Return what prevents the Job's next pod from starting, None where nothing is known to."""
    if is_halted(job):
        return None
    machines = enumerate(by_index(job, pods))
    found = ((index, _explain(pods[-1] if pods else None, events, claims)) for index, pods in machines)
    named = ((machine_of(job, index), waiting) for index, waiting in found if waiting)
    return next((Waiting(waiting.reason, f"{machine}{waiting.message}") for machine, waiting in named), None)


def _explain(newest: Document | None, events: list[Document], claims: list[Document]) -> Waiting | None:
    if newest is None:
        return by_events(events, "", claims)
    if is_over(newest):
        return None if _is_done(newest) else by_events(events, newest["metadata"]["creationTimestamp"], claims)
    return by_pod(newest) or (None if has_started(newest) else by_events(events, "", claims))


def why_not_started(pods: list[Document]) -> str:
    """Return why the newest pod that can't start doesn't, by its name; empty where every pod can. Oldest pod first."""
    found = ((pod["metadata"]["name"], by_pod(pod)) for pod in reversed(pods) if not has_started(pod))
    return next((f"pod {name}: {waiting.message}" for name, waiting in found if waiting), "")


def by_pod(pod: Document) -> Waiting | None:
    """Return what the pod's own status says."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return unscheduled(condition.get("message") or condition.get("reason") or "", pod)
    waiting = ((name, state.get("waiting") or {}) for name, state in statuses_of(pod).items())
    found = ((name, w) for name, w in waiting if w.get("reason") and w["reason"] not in NORMAL)
    return next((_not_started(pod, name, w["reason"], w.get("message") or "") for name, w in found), None)


def unscheduled(message: str, pod: Document) -> Waiting:
    """Return why the scheduler finds no node; its message names what is missing, such as nvidia.com/gpu."""
    volume = unscheduled_volume(message, pod)
    return Waiting(*volume) if volume else Waiting(Reason.UNSCHEDULABLE, f"no node fits the pod: {message}")


def _not_started(pod: Document, name: str, reason: str, message: str) -> Waiting:
    if reason in IMAGE:
        image, why = containers_of(pod)[name]["image"], BACK_OFF.sub("", message)
        return Waiting(Reason.IMAGE_NOT_PULLED, f"the image {image} of container {name} can't be pulled: {why}")
    return Waiting(Reason.CONTAINER_NOT_STARTED, f"container {name} can't start: {reason}: {message}")


def by_events(events: list[Document], since: str, claims: list[Document]) -> Waiting | None:
    """Return what the newest Event of EVENTS says, leaving out those older than `since` (RFC 3339)."""
    explaining = [e for e in events if e.get("reason") in EVENTS and _time(e) >= since]
    newest = max(explaining, key=_time, default=None)
    return _by_event(newest["reason"], newest.get("note") or "", claims) if newest else None


def _time(event: Document) -> str:
    series = event.get("series") or {}
    return series.get("lastObservedTime") or event.get("deprecatedLastTimestamp") or event.get("eventTime") or ""


def _by_event(reason: str, note: str, claims: list[Document]) -> Waiting:
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
