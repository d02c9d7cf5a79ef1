"""The sample `in-place` in a test's namespace, and the same server updated by restarts, to compare with."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.support.cluster.kubectl import Document, Refused, Space, merge
from tests.support.cluster.reviews import (
    BY_APPROVAL,
    CLAIMS,
    count_requests,
    kustomized,
    quick,
    run_script,
    send_requests,
)

CLIENTS = "clients"
CHANGES: dict[str, Any] = BY_APPROVAL | {
    "serving": {"rolloutDeadline": "3m"},
    "verification": {"for": "10m", "settle": "0s"},
}


@dataclass(frozen=True)
class Update:
    """What one change of the model cost."""

    update: str
    during: str
    seconds: float
    """From the moment at which the pointer was recorded until every pod answered with the other model."""
    answered: int
    lost: int
    most_memory: float
    """MiB, resident, of all pods of the target together at most during the change."""
    memory_before: float
    restarted: bool
    """Whether the pods are others than before."""


def start(space: Space, update: str, **spec: Any) -> None:
    """Serve the first model to clients that never try again, under a monitor whose runs wait for approval."""
    made = kustomized(space, "in-place" if update == "InPlace" else "reviews")
    monitor, server = made.pop("ModelMonitor/reviews"), made.pop("Deployment/reviews")
    space.apply(*(found for found in made.values() if found["kind"] not in ("Namespace", "NetworkPolicy")))
    run_script(space, "first-model", "first_model.py", claims=CLAIMS)
    space.apply(server)
    space.run("rollout", "status", "deploy/reviews", "--timeout=300s", limit_s=310)
    send_requests(space, CLIENTS, RATE="20", CONNECTIONS="kept")
    space.apply(merge(merge(quick(monitor), {"spec": CHANGES}), {"spec": spec}))


def data_of(space: Space) -> dict[str, str]:
    """Return what the pointer's ConfigMap says."""
    found: dict[str, str] = space.get("configmap", "reviews-pointer").get("data") or {}
    return found


def pods_of(space: Space) -> list[Document]:
    """Return the target's pods that aren't going."""
    text = space.run("get", "pods", "-l", "app=reviews", "-o", "json")
    return [pod for pod in json.loads(text)["items"] if not pod["metadata"].get("deletionTimestamp")]


def starts_of(space: Space) -> set[tuple[str, int]]:
    """Return the pods by name, each with how often its server was started again."""
    return {(p["metadata"]["name"], p["status"]["containerStatuses"][0]["restartCount"]) for p in pods_of(space)}


def ask(space: Space, pod: str, path: str) -> str:
    """Return what a pod answers at a path."""
    return space.run("get", "--raw", f"/api/v1/namespaces/{space.name}/pods/{pod}:8080/proxy{path}")


def models_of(space: Space) -> list[Document]:
    """Return what each pod says of the model that it answers with."""
    return [json.loads(ask(space, pod["metadata"]["name"], "/v1/model")) for pod in pods_of(space)]


@contextmanager
def measured(space: Space, update: str, during: str, found: list[Update]) -> Iterator[list[float]]:
    """Measure a change; the block puts into the list how many seconds it took."""
    before, starts, memory = count_requests(space, CLIENTS), starts_of(space), _memory(space)
    samples, is_over, seconds = [memory], Event(), list[float]()
    watcher = Thread(target=_watch, args=(space, samples, is_over))
    watcher.start()
    try:
        yield seconds
    finally:
        is_over.set()
        watcher.join()
    made = count_requests(space, CLIENTS) - before
    restarted = starts_of(space) != starts
    (took_s,) = seconds
    found.append(Update(update, during, took_s, made["ok"], made["failed"], max(samples), memory, restarted))


def save(into: Path, found: list[Update]) -> None:
    """Write them as JSON, one a line, after those that are there."""
    with into.open("a") as file:
        file.writelines(json.dumps(asdict(one)) + "\n" for one in found)


def _watch(space: Space, samples: list[float], is_over: Event) -> None:
    while not is_over.wait(0.5):
        samples.append(_memory(space))


def _memory(space: Space) -> float:
    """Return the resident memory of all pods together, in MiB; one that starts or is gone counts as none."""
    total = 0.0
    for pod in json.loads(space.run("get", "pods", "-l", "app=reviews", "-o", "json"))["items"]:
        try:
            text = ask(space, pod["metadata"]["name"], "/metrics")
        except Refused:
            continue
        total += sum(map(float, re.findall(r"^process_resident_memory_bytes (\S+)$", text, re.MULTILINE)))
    return round(total / (1 << 20), 1)


def took(run: Document) -> float:
    """Return the seconds from the recorded pointer to the last pod that answered with it."""
    change, done = run["status"]["pointerChange"]["time"], run["status"]["rolledOutTime"]
    return round(_seconds(done) - _seconds(change), 1)


def took_back(run: Document) -> float:
    """Return the seconds from the decision to roll back to the last pod that answered with the old model."""
    return round(
        _seconds(run["status"]["completionTime"]) - _seconds(run["status"]["pointerChange"]["rollbackTime"]), 1
    )


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
