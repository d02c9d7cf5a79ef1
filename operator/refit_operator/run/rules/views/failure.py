"""Why an attempt failed, by the source that knows best: the container, the kubelet, or the Job controller. Pure."""

from refit_operator.api.words import clean
from refit_operator.run.rules.contract import EXIT_PEER_LOST
from refit_operator.run.rules.views.documents import (
    Document,
    condition_of,
    containers_of,
    index_of,
    machine_of,
    statuses_of,
)
from refit_operator.run.rules.views.reports import parse_error

OWN = ("train", "judge")
"""The containers that the operator made."""

DISRUPTIONS = {
    "TerminationByKubelet": "pod evicted by the node",
    "PreemptionByScheduler": "pod preempted by the scheduler",
    "EvictionByEvictionAPI": "pod evicted through the API",
    "DeletionByTaintManager": "pod deleted for a taint of its node",
    "DeletionByPodGC": "pod deleted because its node is gone",
}
"""Reasons of the condition DisruptionTarget."""
NOT_KNOWN = "Unknown"
"""The reason of a container that was gone as its runtime came back; the runtime gives it the exit code 255."""


def failure_of(job: Document, pods: list[Document]) -> str:
    """Return why the newest pod failed that did, else why the Job did; empty where nothing failed. Oldest pod first.

    Of several machines, one that ended because it lost another doesn't say why.
    """
    failed = [(pod, text) for pod in reversed(pods) if (text := failure_of_pod(pod))]
    failed.sort(key=lambda found: _lost_a_peer(found[0]))
    messages = (f"{machine_of(job, index_of(pod))}{text}" for pod, text in failed)
    return next(messages, "") or _failure_of_job(job)


def _lost_a_peer(pod: Document) -> bool:
    ended = statuses_of(pod).get("train", {}).get("terminated") or {}
    return ended.get("exitCode") == EXIT_PEER_LOST


def failure_of_pod(pod: Document) -> str:
    """Return why the pod failed or was disrupted, empty where neither is so."""
    status = pod.get("status") or {}
    disrupted = condition_of(pod, "DisruptionTarget")
    if disrupted:
        what = DISRUPTIONS.get(disrupted.get("reason") or "", "pod disrupted")
        return f"{what} (not counted against backoffLimit): {_message(disrupted)}"
    states = statuses_of(pod)
    for name in sorted(states, key=lambda name: _rank(pod, name)):
        ended = states[name].get("terminated")
        if ended and ended.get("exitCode") != 0:
            return _exit(pod, name, ended)
    return f"the pod failed: {_message(status)}" if status.get("phase") == "Failed" else ""


def _rank(pod: Document, name: str) -> int:
    """Return whose words come first: those of training and judge, then what somebody added, a sidecar last, which ends
    because the others have.
    """
    is_sidecar = containers_of(pod).get(name, {}).get("restartPolicy") == "Always"
    return OWN.index(name) if name in OWN else len(OWN) + is_sidecar


def _exit(pod: Document, name: str, ended: Document) -> str:
    error = parse_error(ended.get("message") or "")
    if ended.get("reason") == "OOMKilled":
        killed = f"{name} ran out of memory at its limit of {_memory_limit(pod, name)}: OOMKilled"
        return f"{killed}: {error}" if error else killed
    code = ended["exitCode"]
    if ended.get("reason") == NOT_KNOWN:
        return f"how {name} ended isn't known, as after a restart of its node: {error or f'exit {code}'}"
    return f"{name} exited {code}: {error or ended.get('reason') or 'no message'}"


def _memory_limit(pod: Document, name: str) -> str:
    container = containers_of(pod).get(name, {})
    return str(container.get("resources", {}).get("limits", {}).get("memory", "the node's memory"))


def _failure_of_job(job: Document) -> str:
    failed = condition_of(job, "Failed")
    return _message(failed) if failed else ""


def _message(source: Document) -> str:
    return clean(source.get("message") or source.get("reason") or "no message")
