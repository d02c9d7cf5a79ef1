"""A pod whose node isn't ready: what is said, which clock runs, and that the run ends where the node stays away."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome
from refit_operator.api.run_clock import Phase
from refit_operator.run.rules.checks.deadlines import clock_of
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.views.job import JobState, view_job
from refit_operator.run.rules.views.nodes import nodes_of
from refit_operator.run.rules.views.waiting import Surroundings, Waiting
from tests.support.jobs import LATER, RUNNING, Document, ended, job, new_pod
from tests.support.runs import STARTED, seen
from tests.support.runs import job as job_view
from tests.support.samples import NOW

SILENT = "Kubelet stopped posting node status."


def node(status: str = "Unknown", message: str = SILENT, name: str = "worker-1") -> Document:
    ready = {"type": "Ready", "status": status, "message": message, "reason": "NodeStatusUnknown"}
    conditions = [{"type": "DiskPressure", "status": "Unknown"}, ready]
    return {"metadata": {"name": name}, "status": {"conditions": conditions}}


def placed(train: Document = RUNNING, phase: str = "Running", **metadata: Any) -> Document:
    made = new_pod(train)
    made["metadata"] |= metadata
    made["status"]["phase"] = phase
    return made | {"spec": made["spec"] | {"nodeName": "worker-1"}}


LOST = "pod pod is on node worker-1, which isn't ready: Kubelet stopped posting node status; "
WAITS = LOST + "it goes on if the node is ready again in time"
ENDS = (
    LOST + "it is being deleted, and the next attempt starts once the node is ready, deleted, or tainted "
    "node.kubernetes.io/out-of-service"
)
CASES: dict[str, tuple[Document, Document, str]] = {
    "the node is silent": (placed(), node(), WAITS),
    "the pod is deleted meanwhile": (placed(deletionTimestamp=LATER), node(), ENDS),
    "the pod had started nothing yet": (placed(train={"waiting": {"reason": "PodInitializing"}}), node(), WAITS),
    "the node says that it isn't ready": (
        placed(),
        node("False", "container runtime is down"),
        "pod pod is on node worker-1, which isn't ready: container runtime is down; "
        "it goes on if the node is ready again in time",
    ),
    "the node is ready": (placed(), node("True"), ""),
    "it is another node": (placed(), node(name="worker-2"), ""),
    "a node of which nothing is known yet": (placed(), {"metadata": {"name": "worker-1"}}, ""),
    "the pod is over": (placed(ended(1), "Failed"), node(), ""),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_said_of_a_pod_on_a_node_that_is_lost(name: str) -> None:
    pod, seen_node, want = CASES[name]
    waiting = view_job(job(), [pod], Surroundings(nodes=[seen_node])).waiting
    assert (waiting.message if waiting else "") == want
    assert waiting is None or waiting.reason is Reason.NODE_NOT_READY


def test_the_nodes_that_are_read_are_those_of_pods_that_are_not_over() -> None:
    assert nodes_of([placed(), placed(), new_pod(), placed(ended(1), "Failed")]) == ["worker-1"]
    assert nodes_of([placed(ended(1), "Failed")]) == []


def away(minutes: float, phase: Phase = Phase.PENDING) -> Any:
    """Return a run whose pod trains on a node that has been away for as long."""
    clock = {"phase": phase.value, "since": (NOW - timedelta(minutes=minutes)).isoformat(), "ran": "1h"}
    waiting = Waiting(Reason.NODE_NOT_READY, WAITS)
    return seen(STARTED | {"clock": clock}, job_view(JobState.TRAINING, pod="pod", waiting=waiting))


def test_no_running_time_is_counted_while_the_node_is_away() -> None:
    first = decide(away(10, Phase.RUNNING))
    assert (first.status.clock, first.status.outcome) == (clock_of(away(10, Phase.RUNNING)), None)
    assert first.status.clock is not None
    assert first.status.clock.phase is Phase.PENDING
    assert clock_of(away(10)).running_time(NOW) == timedelta(hours=1)


def test_it_is_an_event_and_a_condition() -> None:
    decision = decide(away(0))
    trained = decision.status.conditions[0]
    assert (trained.reason, trained.status, trained.message) == ("NodeNotReady", "Unknown", WAITS)
    [event] = decision.events
    assert (event.reason, event.type, event.message) == ("NodeNotReady", "Warning", WAITS)


def test_a_node_that_stays_away_ends_the_run() -> None:
    status = decide(away(30)).status
    assert status.outcome is Outcome.FAILED
    assert status.message == f"nothing is known to run since training.pendingDeadline, 30m: {WAITS}"
