"""Pods that reported their progress and say nothing more: when they count as stalled, and how they are ended."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.progress import RunProgress
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome
from refit_operator.progress.rules.pod_env import Reporting, reports_to
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import Decision, DeleteJob, Observed, SuspendJob
from refit_operator.run.rules.manifests.job import build_job
from refit_operator.run.rules.views.job import JobState
from refit_operator.run.rules.views.waiting import Waiting
from tests.support.runs import STARTED, TRAIN, actions, job, seen
from tests.support.samples import NOW, make_run

HERE = Reporting("https://refit-progress.x.svc:8443", "a certificate")
POD, TIMEOUT = "reviews-1-x", timedelta(minutes=15)


def said(ago: timedelta, pod: str = POD, percentage: int | None = 41) -> RunProgress:
    return RunProgress(percentage=percentage, pod=pod, time=NOW - ago)


def silent(
    heard: RunProgress | None, status: dict[str, Any] | None = None, state: JobState = JobState.TRAINING, **more: Any
) -> Observed:
    """A run whose pod said that last, heard by an operator that has listened for a day."""
    pod, is_ending, waiting = more.pop("pod", POD), more.pop("pod_is_ending", False), more.pop("waiting", None)
    url = more.pop("reports_to", HERE.url)
    view = job(state, pod=pod, pod_is_ending=is_ending, waiting=waiting, resource_version="77", reports_to=url)
    facts: dict[str, Any] = {"listening_since": NOW - timedelta(days=1), "reporting": HERE} | more
    return seen(STARTED | (status or {}), view, progress=heard, **facts)


@pytest.mark.parametrize("machines", [1, 2])
def test_a_job_says_where_its_pods_report(machines: int) -> None:
    run = make_run(training={"numNodes": machines})
    assert reports_to(build_job(run, HERE)) == HERE.url
    assert reports_to(build_job(run)) == ""


LAST_TRY = {"stalls": 2}
STALLED: dict[str, Observed] = {
    "it said nothing for as long as that": silent(said(TIMEOUT)),
    "what it said is known by the status": silent(None, {"progress": said(TIMEOUT).to_json()}),
    "what it said had no number": silent(said(TIMEOUT, percentage=None)),
    "the operator listens for just as long": silent(said(timedelta(hours=3)), listening_since=NOW - TIMEOUT),
}


@pytest.mark.parametrize("name", STALLED)
def test_stalled(name: str) -> None:
    decision = decide(STALLED[name])
    assert (decision.status.stalled_pod, decision.status.stalls, decision.actions) == (POD, 1, ())
    assert [note.reason for note in decision.events] == ["PodStalled"]


NOT_STALLED: dict[str, Observed] = {
    "it spoke a moment before": silent(said(TIMEOUT - timedelta(seconds=1))),
    "it never spoke": silent(None),
    "another pod spoke": silent(said(timedelta(hours=3), pod="reviews-1-earlier")),
    "another pod spoke, and this one isn't there yet": silent(said(timedelta(hours=3)), pod=""),
    "the operator has just begun to listen": silent(
        said(timedelta(hours=3)), listening_since=NOW - timedelta(minutes=14)
    ),
    "nothing listens": silent(said(timedelta(hours=3)), listening_since=None),
    "it has reported the end": silent(said(timedelta(hours=3), percentage=100)),
    "it reports to another operator": silent(
        said(timedelta(hours=3)), reports_to="https://refit-progress-2.x.svc:8443"
    ),
    "its Job tells it nowhere to report": silent(said(timedelta(hours=3)), reports_to=""),
    "it judges": silent(said(timedelta(hours=3)), state=JobState.JUDGING),
    "its node isn't ready": silent(
        said(timedelta(hours=3)), waiting=Waiting(Reason.NODE_NOT_READY, "pod x is on node y")
    ),
    "it is being deleted": silent(said(timedelta(hours=3)), pod_is_ending=True),
    "it is suspended": silent(said(timedelta(hours=3)), state=JobState.QUEUED),
    "there is no limit": replace(
        silent(said(timedelta(hours=3))), run=make_run(status=STARTED, training={"stallTimeout": "0s"})
    ),
}


@pytest.mark.parametrize("name", NOT_STALLED)
def test_not_stalled(name: str) -> None:
    status = decide(NOT_STALLED[name]).status
    assert (status.stalled_pod, status.stalls, status.outcome) == (None, 0, None)


def test_after_as_many_as_backoff_limit_the_run_ends_and_its_job_with_it() -> None:
    assert decide(silent(said(TIMEOUT), {"stalls": 1})).status.stalls == 2
    decision = decide(silent(said(TIMEOUT), LAST_TRY))
    assert (decision.status.outcome, decision.status.conditions[-1].reason) == (Outcome.FAILED, "NoProgress")
    assert decision.status.message == f"pod {POD} has reported nothing for 15m; its last report: 41 %"
    assert actions(decision) == [DeleteJob]


ENDING = {"stalls": 1, "stalledPod": POD}


def step(state: JobState, pod: str, queue: str = "", is_ending: bool = False) -> Decision:
    observed = silent(said(timedelta(hours=1)), ENDING, state, pod=pod, pod_is_ending=is_ending)
    queued = make_run(status=STARTED | ENDING, training={"queueName": queue})
    return decide(replace(observed, run=queued) if queue else observed)


def test_a_stalled_pod_is_ended_by_suspending_its_job_and_resuming_it() -> None:
    name = make_run().metadata.name
    assert step(JobState.TRAINING, POD).actions == (SuspendJob(name, "77", True),)
    assert step(JobState.QUEUED, POD).actions == step(JobState.QUEUED, POD, is_ending=True).actions == ()
    assert step(JobState.QUEUED, "").actions == (SuspendJob(name, "77", False),)
    resumed = step(JobState.PENDING, "")
    assert (resumed.actions, resumed.status.stalled_pod, resumed.status.stalls) == ((), None, 1)


def test_the_next_pod_is_left_alone() -> None:
    assert step(JobState.TRAINING, "reviews-1-next").actions == ()


def test_with_a_queue_whoever_admits_jobs_resumes_it() -> None:
    assert actions(step(JobState.TRAINING, POD, queue="gpus")) == [SuspendJob]
    ended = step(JobState.QUEUED, "", queue="gpus")
    assert (ended.actions, ended.status.stalled_pod) == ((), None)


@pytest.mark.parametrize("state", [JobState.TRAINING, JobState.QUEUED])
def test_with_a_queue_nobody_waits_for_the_pod_to_be_gone(state: JobState) -> None:
    """Kueue resumes what it has admitted at once: who suspends again until the pod is gone does so without an end."""
    ended = step(state, POD, queue="gpus", is_ending=True)
    assert (ended.actions, ended.status.stalled_pod, ended.status.stalls) == ((), None, 1)


def test_a_report_that_came_at_last_counts_more_than_the_stall() -> None:
    observed = silent(said(TIMEOUT))
    trained = decide(replace(observed, job=replace(observed.job, train_report=TRAIN))).status
    assert (trained.result.training_rows, trained.stalls) == (1500, 0)
