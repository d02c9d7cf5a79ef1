"""What the pods of a target say of the models that they answer with, and whether all of them answer with one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from refit_operator.api.uris import name_pointer
from refit_operator.target.rules.rollout import Complete, Failed, Progressing, Rollout

ATTEMPTS = 2
"""Failures of one pod after which it isn't waited for: the first may be a file that its node doesn't see yet."""
REFUSED = "refused"
"""Why a server doesn't load a model that is wrong in itself. Other reasons are its machine's: room, storage."""
NAMED = 3
"""Pods that a message names."""


@dataclass(frozen=True)
class PodModel:
    """One pod's answer, or why it has none."""

    pod: str
    pointer: str = ""
    """Of the model that it answers with; empty for the initial one."""
    wanted: str = ""
    """What it has read last."""
    state: str = ""
    reason: str = ""
    error: str = ""
    attempts: int = 0
    silence: str = ""
    """Why it didn't say anything; empty where it did."""

    def has_failed_at(self, pointer: str) -> bool:
        """Return whether it couldn't load that model, and tried again."""
        return not self.silence and self.wanted == pointer and self.attempts >= ATTEMPTS

    def answers_with(self, pointer: str) -> bool:
        """Return whether that model answers."""
        return not self.silence and self.pointer == pointer

    def words(self, pointer: str) -> str:
        """Return why that model doesn't answer yet."""
        if self.silence:
            return f"pod {self.pod} can't be asked: {self.silence}"
        if self.wanted != pointer:
            return f"pod {self.pod} hasn't read the pointer yet, which takes the kubelet up to 90 s"
        return f"pod {self.pod}: {self.error or self.state}"


def is_staying(pod: dict[str, Any]) -> bool:
    """Return whether a pod counts: one that was evicted stays as an object, and one that is deleted is on its way."""
    is_over = (pod.get("status") or {}).get("phase") in ("Failed", "Succeeded")
    return not is_over and not pod["metadata"].get("deletionTimestamp")


def rollout_in_place(whole: Rollout, wanted: int, pods: Sequence[PodModel], pointer: str) -> Rollout:
    """Return how far the pods are on their way to a pointer that is written: complete where each answers with it.

    `whole` is the rollout of the template, of so many wanted pods.
    """
    failed = next((pod for pod in pods if pod.has_failed_at(pointer)), None)
    if failed and isinstance(whole, (Complete, Progressing)):
        return Failed(failed.words(pointer))
    if not isinstance(whole, Complete):
        return whole
    there = sum(pod.answers_with(pointer) for pod in pods)
    if there == wanted == len(pods):
        return Complete()
    missing = [pod.words(pointer) for pod in pods if not pod.answers_with(pointer)]
    more = [f"{len(missing) - NAMED} more"] if len(missing) > NAMED else []
    count = f"{there} of {wanted} pods answer with {name_pointer(pointer)}"
    return Progressing("; ".join([count, *missing[:NAMED], *more]))


def are_weights_refused(pods: Sequence[PodModel], pointer: str) -> bool:
    """Return whether a pod says that the model itself is wrong: it was read, and had another digest, or no head."""
    return any(pod.has_failed_at(pointer) and pod.reason == REFUSED for pod in pods)


def silent_pods(pods: Sequence[PodModel]) -> str:
    """Return which pod doesn't say what it answers with, and why; empty where all do."""
    silent = next((pod for pod in pods if pod.silence), None)
    return silent.words("") if silent else ""
