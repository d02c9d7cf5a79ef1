"""A Job, its pods and their Events: documents as an API server gives them, cut down to what is read."""

from typing import Any

Document = dict[str, Any]
CREATED, LATER = "2026-11-24T11:00:00Z", "2026-11-24T11:05:00Z"
RUNNING: Document = {"running": {"startedAt": CREATED}}
WAITING: Document = {"waiting": {"reason": "PodInitializing"}}


def job(*conditions: str, suspend: bool = False) -> Document:
    return {
        "metadata": {"name": "reviews-1", "uid": "job-uid", "resourceVersion": "77", "creationTimestamp": CREATED},
        "spec": {"suspend": suspend},
        "status": {"conditions": [{"type": kind, "status": "True", "message": kind} for kind in conditions]},
    }


def ended(code: int = 0, message: str = "", reason: str = "Error") -> Document:
    return {"terminated": {"exitCode": code, "message": message, "reason": reason}}


def pod(train: Document, judge: Document = WAITING, phase: str = "Running", created: str = CREATED) -> Document:
    return {
        "metadata": {"name": "pod", "creationTimestamp": created},
        "status": {
            "phase": phase,
            "initContainerStatuses": [{"name": "train", "state": train}],
            "containerStatuses": [{"name": "judge", "state": judge}],
        },
    }


SPEC = {
    "initContainers": [{"name": "train", "image": "registry/trainer:2"}],
    "containers": [{"name": "judge", "image": "registry/judge:3"}],
    "volumes": [
        *({"name": f"claim-{name}", "persistentVolumeClaim": {"claimName": name}} for name in ("feedback", "models")),
        {"name": "tmp", "emptyDir": {}},
    ],
}


def waits(reason: str, message: str = "") -> Document:
    return {"waiting": {"reason": reason, "message": message}}


def new_pod(train: Document = WAITING, judge: Document = WAITING, node: str = "") -> Document:
    made = pod(train, judge, phase="Pending")
    no_node = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": node}
    made["status"]["conditions"] = [no_node if node else {"type": "PodScheduled", "status": "True"}]
    made["metadata"]["uid"] = "pod-uid"
    return made | {"spec": SPEC}


def event(reason: str, note: str, time: str = LATER) -> Document:
    return {"reason": reason, "note": note, "deprecatedLastTimestamp": time}


NO_CPU = "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate"
