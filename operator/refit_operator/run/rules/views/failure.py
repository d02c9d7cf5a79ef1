"""Why a try failed, in the words of whoever knows best: the container, the kubelet, or the Job's controller. Pure."""

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


def failure_of(job: Document, pods: list[Document]) -> str:
    """Return why the newest pod failed that did, else why the Job did; empty where nothing failed. Oldest pod first.

    Of several machines, the one that lost another says nothing of why.
    """
    failed = [(pod, words) for pod in reversed(pods) if (words := failure_of_pod(pod))]
    failed.sort(key=lambda found: _lost_a_peer(found[0]))
    said = (f"{machine_of(job, index_of(pod))}{words}" for pod, words in failed)
    return next(said, "") or _failure_of_job(job)


def _lost_a_peer(pod: Document) -> bool:
    ended = statuses_of(pod).get("train", {}).get("terminated") or {}
    return ended.get("exitCode") == EXIT_PEER_LOST


def failure_of_pod(pod: Document) -> str:
    """Return why the pod failed, empty where it didn't."""
    status = pod.get("status") or {}
    disrupted = condition_of(pod, "DisruptionTarget")
    if disrupted:
        return f"the pod was taken away, which counts as no try: {_said(disrupted)}"
    for name, state in statuses_of(pod).items():
        ended = state.get("terminated")
        if ended and ended.get("exitCode") != 0:
            return _exit(pod, name, ended)
    return f"the pod failed: {_said(status)}" if status.get("phase") == "Failed" else ""


def _exit(pod: Document, name: str, ended: Document) -> str:
    said = parse_error(ended.get("message") or "")
    if ended.get("reason") == "OOMKilled":
        words = f"{name} ran out of memory at its limit of {_memory_limit(pod, name)}: OOMKilled"
        return f"{words}: {said}" if said else words
    return f"{name} exited {ended['exitCode']}: {said or ended.get('reason') or 'no message'}"


def _memory_limit(pod: Document, name: str) -> str:
    container = containers_of(pod).get(name, {})
    return str(container.get("resources", {}).get("limits", {}).get("memory", "the node's memory"))


def _failure_of_job(job: Document) -> str:
    failed = condition_of(job, "Failed")
    return _said(failed) if failed else ""


def _said(source: Document) -> str:
    return source.get("message") or source.get("reason") or "no message"
