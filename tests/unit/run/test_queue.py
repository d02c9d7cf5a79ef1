"""What a queue says of a Job, as Kueue wrote it on a real node, and what people read."""

from typing import Any

import pytest

from refit_operator.api.run_clock import Phase
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.views.job import view_job
from refit_operator.run.rules.views.queue import held_back, queue_of
from tests.support.jobs import RUNNING, Document, job, pod
from tests.support.runs import STARTED, seen

NO_QUOTA = "couldn't assign flavors to pod set main: insufficient unused quota for pods in flavor gpus, 1 more needed"


def labelled(queue: str = "gpus", *conditions: str, suspend: bool = True) -> Document:
    document = job(*conditions, suspend=suspend)
    document["metadata"]["labels"] = {"kueue.x-k8s.io/queue-name": queue} if queue else {}
    return document


def workload(status: str = "False", **messages: str) -> Document:
    """A Workload with these conditions."""
    conditions = [{"type": kind, "status": status, "message": message} for kind, message in messages.items()]
    return {"metadata": {"name": "job-reviews-1"}, "status": {"conditions": conditions}}


HELD: dict[str, tuple[Document, list[Document], str | None]] = {
    "too little quota": (labelled(), [workload(QuotaReserved=NO_QUOTA)], NO_QUOTA),
    "just being taken back": (
        labelled(),
        [workload("True", QuotaReserved="Quota reserved in ClusterQueue gpus", Evicted="The ClusterQueue is stopped")],
        "The ClusterQueue is stopped",
    ),
    "waiting again after it was taken back before": (
        labelled(),
        [workload(Evicted="Previously: The ClusterQueue is stopped", QuotaReserved=NO_QUOTA)],
        NO_QUOTA,
    ),
    "nothing said yet": (labelled(), [{"metadata": {}}, workload(), workload(QuotaReserved="")], None),
    "no Workload, as where there is no Kueue": (labelled(), [], None),
    "admitted": (labelled(suspend=False), [workload(QuotaReserved="Quota reserved in ClusterQueue gpus")], None),
    "over": (labelled("gpus", "Complete"), [workload(QuotaReserved=NO_QUOTA)], None),
    "suspended by somebody, in no queue": (labelled(""), [workload(QuotaReserved=NO_QUOTA)], None),
}


@pytest.mark.parametrize("name", HELD)
def test_held_back(name: str) -> None:
    document, workloads, words = HELD[name]
    found = held_back(document, workloads)
    assert (found and found.message) == (words and f"Queued in LocalQueue gpus: {words}")
    assert found is None or found.reason.value == "Queued"


ASKED: dict[str, tuple[Document, str]] = {
    "in a queue": (labelled(), "gpus"),
    "without labels": (job(suspend=True), ""),
    "admitted": (labelled(suspend=False), ""),
    "over": (labelled("gpus", "Failed"), ""),
}


@pytest.mark.parametrize("name", ASKED)
def test_of_which_jobs_the_workload_is_read(name: str) -> None:
    document, queue = ASKED[name]
    assert queue_of(document) == queue


@pytest.mark.parametrize("pods", [[], [pod(RUNNING)]], ids=["before it began", "while its pod still ends"])
def test_the_run_says_what_the_queue_says_and_no_deadline_runs(pods: list[Any]) -> None:
    document = labelled()
    document["metadata"]["ownerReferences"] = [{"controller": True, "uid": "run-1-uid"}]
    view = view_job(document, pods, workloads=[workload(QuotaReserved=NO_QUOTA)])
    status = decide(seen(STARTED, view)).status
    assert (status.stage, status.message) == ("Queued", f"Queued in LocalQueue gpus: {NO_QUOTA}")
    assert status.clock is not None
    assert (status.conditions[-1].reason, status.clock.phase) == ("Queued", Phase.QUEUED)
