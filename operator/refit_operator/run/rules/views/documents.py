"""Fields of Jobs and pods, read from them as the API server gives them. Pure."""

from typing import Any

from refit_operator.run.rules.contract import COMPLETION_INDEX_ANNOTATION

Document = dict[str, Any]
OVER = ("Failed", "Succeeded")


def condition_of(document: Document, *kinds: str) -> Document | None:
    """Return the condition of one of these types that is true, None where none is."""
    conditions = (document.get("status") or {}).get("conditions") or ()
    return next((c for c in conditions if c["type"] in kinds and c["status"] == "True"), None)


def ending_of(job: Document) -> Document | None:
    """Return the condition by which a Job is over, None while it isn't."""
    return condition_of(job, "Complete", "Failed")


def index_of(pod: Document) -> int:
    """Return the pod's index in its Job; 0 in one that isn't Indexed."""
    return int((pod["metadata"].get("annotations") or {}).get(COMPLETION_INDEX_ANNOTATION) or 0)


def by_index(job: Document, pods: list[Document]) -> list[list[Document]]:
    """Return the pods of each index, in the order given; of a Job that isn't Indexed they are all of one."""
    if job["spec"].get("completionMode") != "Indexed":
        return [pods]
    return [[pod for pod in pods if index_of(pod) == index] for index in range(job["spec"]["completions"])]


def machine_of(job: Document, index: int) -> str:
    """Return which machine an index is, as a prefix of messages about it; empty where there is but one."""
    indexed = job["spec"].get("completionMode") == "Indexed"
    return f"machine {index} of {job['spec']['completions']}: " if indexed else ""


def containers_of(pod: Document) -> dict[str, Document]:
    """Return the specs of a pod's containers by name, in the order in which they run."""
    spec = pod.get("spec") or {}
    found = (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    return {container["name"]: container for container in found}


def statuses_of(pod: Document) -> dict[str, Document]:
    """Return the state of each container by name, in the order in which they run."""
    status = pod.get("status") or {}
    found = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return {container["name"]: container.get("state") or {} for container in found}


def images_of(pod: Document) -> dict[str, str]:
    """Return the image that each container runs or ran, as its node names it, which is by digest."""
    status = pod.get("status") or {}
    found = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return {container["name"]: container["imageID"] for container in found if container.get("imageID")}


def last_ending_of(pod: Document, name: str) -> Document:
    """Return how a container that is started again ended the last time; empty where it never did."""
    status = pod.get("status") or {}
    found = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    states = (container.get("lastState") or {} for container in found if container["name"] == name)
    return next((state.get("terminated") or {} for state in states), {})


def unscheduled_message(pod: Document) -> str:
    """Return why the scheduler finds no node for the pod, empty where it has one or wasn't tried yet."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return str(condition.get("message") or condition.get("reason") or "")
    return ""


def is_over(pod: Document) -> bool:
    """Return whether nothing of the pod will run any more."""
    return (pod.get("status") or {}).get("phase") in OVER


def has_started(pod: Document) -> bool:
    """Return whether a container of it runs or ran."""
    return any("running" in state or "terminated" in state for state in statuses_of(pod).values())
