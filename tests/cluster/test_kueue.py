"""Runs in a real queue, of `make test-kueue`: what Kueue does to a Job, and what becomes of the run."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcluster.disposable import disposable
from tests.support.cluster.kubectl import Document, Space, cluster_environment, kubectl
from tests.support.cluster.kueue import NODES, TOLERATION, Queue, installed
from tests.support.cluster.queues import queued, seconds_in_phase
from tests.support.cluster.runs import active_run, gone, pointer, run_number, start
from tests.support.cluster.trainings import HANGS_AFTER_A_REPORT, script
from tests.support.local import until

pytestmark = pytest.mark.kueue
DEADLINE_S = 30
FOUGHT_OVER = 20
"""How often the spec of a Job has changed by then that two suspend and resume against each other; 162 times, once."""
LIMITS = {"deadline": f"{DEADLINE_S}s", "pendingDeadline": f"{DEADLINE_S}s"}


@pytest.fixture(scope="module", autouse=True)
def kueue() -> Iterator[None]:
    if cluster_environment()["REFIT_CLUSTER"] != "node":
        pytest.skip("Kueue runs from a folder of this host, which kind's nodes don't have")
    with installed():
        yield


NO_QUOTA = "couldn't assign flavors to pod set main: insufficient"


def says(space: Space, run: str, words: str) -> None:
    """Wait until people read these words of a run in the queue."""
    said: list[str] = []

    def is_said() -> bool:
        said.append(space.get("rr", run)["status"]["message"])
        return said[-1].startswith(f"Queued in LocalQueue gpus: {words}")

    try:
        until(is_said, 60, "")
    except AssertionError:
        raise AssertionError(f"{words!r} isn't said, but {list(dict.fromkeys(said))}") from None


def pods_of_runs(space: Space) -> list[Document]:
    return [pod for pod in space.list("pod") if "refit.dev/run" in pod["metadata"]["labels"]]


def placement(job: Document) -> tuple[Document, list[Document]]:
    """Return where a Job's pods may go."""
    spec = job["spec"]["template"]["spec"]
    return spec.get("nodeSelector", {}), spec.get("tolerations", [])


def assert_promoted(space: Space) -> Document:
    """Wait for the first run to be promoted by one Job, none of whose pods failed; return that."""
    run = run_number(space, 1)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    assert pointer(space) == run["status"]["pointerChange"]["new"]
    [job] = space.list("job")
    assert (job["metadata"]["name"], "failed" in job["status"]) == (run["metadata"]["name"], False)
    assert space.get("mmon", "reviews")["status"]["attempts"] == 1
    return job


def test_a_run_waits_for_quota_and_says_so_and_is_admitted_when_there_is_some(space: Space) -> None:
    queue = Queue(space, pods=0)
    start(space, training=queued(**LIMITS))
    name = active_run(space, "Queued")
    says(space, name, f"{NO_QUOTA} quota for pods")
    assert f"Queued in LocalQueue gpus: {NO_QUOTA}" in space.run("get", "rr", name, "-o", "wide")
    until(lambda: seconds_in_phase(space, name) > DEADLINE_S, 2 * DEADLINE_S, "the clock doesn't go on")
    assert (space.get("rr", name)["status"]["stage"], pods_of_runs(space)) == ("Queued", [])
    queue.allow(1)
    assert placement(assert_promoted(space)) == (NODES, [TOLERATION])

    space.run("delete", "mmon", "reviews")
    gone(space)
    until(lambda: queue.workloads() == [], 60, "a Workload stays behind")


def test_a_queue_that_isnt_there_is_named(space: Space) -> None:
    Queue(space, pods=1)
    space.run("delete", "localqueue", "gpus")
    start(space, training=queued())
    says(space, active_run(space, "Queued"), "LocalQueue gpus doesn't exist")


def stop_the_queue(queue: Queue) -> Callable[[], None]:
    queue.allow(1, stopPolicy="HoldAndDrain")
    return lambda: queue.allow(1, stopPolicy="None")


def set_it_inactive(queue: Queue) -> Callable[[], None]:
    [workload] = queue.workloads()

    def turn(active: bool) -> None:
        patch = json.dumps({"spec": {"active": active}})
        queue.space.run("patch", "workload", workload["metadata"]["name"], "--type=merge", "-p", patch)

    turn(False)
    return lambda: turn(True)


def queue_what_matters_more(queue: Queue) -> Callable[[], None]:
    urgent = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "WorkloadPriorityClass", "value": 1000}
    space, name = queue.space, queue.space.name
    space.apply(disposable(urgent | {"metadata": {"name": name}}))
    labels = {"kueue.x-k8s.io/queue-name": "gpus", "kueue.x-k8s.io/priority-class": name}
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "none"}]}
    job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"suspend": True, "template": {"spec": pod}}}
    space.apply(job | {"metadata": {"name": "urgent", "labels": labels}})

    def end() -> None:
        space.run("delete", "job", "urgent")
        kubectl("delete", "workloadpriorityclass", name)

    return end


TAKEN_BACK: dict[str, tuple[Callable[[Queue], Callable[[], None]], str]] = {
    "its queue is stopped": (stop_the_queue, "ClusterQueue {space} is inactive"),
    "it is set inactive": (set_it_inactive, "The workload is deactivated"),
    "something matters more": (queue_what_matters_more, f"{NO_QUOTA} unused quota for pods"),
}


@pytest.mark.parametrize("name", TAKEN_BACK)
def test_a_run_that_is_taken_back_in_the_middle_goes_on_later(space: Space, name: str) -> None:
    take_back, why = TAKEN_BACK[name]
    queue = Queue(space, pods=1)
    start(space, training=queued(deadline="1h", hyperparameters={"seconds": "10"}))
    run = active_run(space, "Training")
    release = take_back(queue)
    says(space, run, why.format(space=space.name))
    until(lambda: pods_of_runs(space) == [], 60, "its pod is still there")
    status, job = space.get("rr", run)["status"], space.get("job", run)
    assert (status["stage"], status["clock"]["phase"], job["spec"]["suspend"]) == ("Queued", "Queued", True)
    assert placement(job) == ({}, [])
    release()
    assert_promoted(space)


def test_two_machines_are_admitted_together_or_not_at_all(space: Space) -> None:
    queue = Queue(space, pods=1)
    start(space, training=queued(numNodes=2, hyperparameters={"seconds": "5"}))
    name = active_run(space, "Queued")
    says(space, name, f"{NO_QUOTA} quota for pods")
    assert pods_of_runs(space) == []
    queue.allow(2)
    space.wait(f"job/{name}", ".status.active", "2")
    assert_promoted(space)


def test_a_pod_that_stalls_is_ended_and_the_next_one_trains(space: Space) -> None:
    """Its Job is suspended by the operator and resumed by Kueue, which doesn't wait for the pod to be gone."""
    Queue(space, pods=1)
    slow: dict[str, Any] = {"podTemplate": {"terminationGracePeriodSeconds": 10}}
    start(space, training=script(HANGS_AFTER_A_REPORT, queueName="gpus", stallTimeout="5s", backoffLimit=1) | slow)
    job = assert_promoted(space)
    run = space.get("rr", job["metadata"]["name"])
    print({"generation": job["metadata"]["generation"]})
    assert (run["status"]["stalls"], job["metadata"]["generation"] < FOUGHT_OVER) == (1, True)
