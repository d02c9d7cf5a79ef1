"""Whose report it is: a table of what a TokenReview and a pod may say."""

from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.progress.cache import MOST_RUNS, ProgressCache
from refit_operator.progress.rules.payload import parse_report
from refit_operator.progress.rules.pod_identity import Caller, find_caller, find_job, read_review
from tests.support.pods import IDENTITY, JOB, POD, REVIEW, RUN
from tests.support.samples import NOW, merge


def caller_of(pod: dict[str, Any] | None, job: dict[str, Any] | None) -> Caller | None:
    found = find_job(IDENTITY, pod)
    return find_caller(IDENTITY, pod, job) if found and pod else None


def test_a_pods_own_token() -> None:
    assert read_review(REVIEW) == IDENTITY
    assert caller_of(POD, JOB) == Caller(Ref("shop", RUN), Ref("shop", "reviews"), IDENTITY.ref.name)


STRANGERS: dict[str, dict[str, Any]] = {
    "a bad token": {"authenticated": False},
    "no answer": {"authenticated": None},
    "another audience": {"audiences": ["https://kubernetes.default.svc"]},
    "no audience": {"audiences": None},
    "a person": {"user": {"username": "alice"}},
    "a token of no pod": {"user": {"extra": {"authentication.kubernetes.io/pod-name": None}}},
    "a pod without a uid": {"user": {"extra": {"authentication.kubernetes.io/pod-uid": []}}},
}


@pytest.mark.parametrize("change", STRANGERS.values(), ids=STRANGERS)
def test_a_token_that_is_no_pods(change: dict[str, Any]) -> None:
    assert read_review(merge(REVIEW, change)) is None


def test_an_empty_review() -> None:
    assert read_review({}) is None


def owned(kind: str = "Job", uid: str = "job-uid", controller: bool = True) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": kind, "name": RUN, "uid": uid, "controller": controller}]}


OTHER_PODS: dict[str, dict[str, Any] | None] = {
    "a pod that is gone": None,
    "another pod of that name": {"uid": "another"},
    "no run's": {"labels": None},
    "a label alone": {"ownerReferences": None},
    "not by a Job": owned("ConfigMap", "config-map-uid"),
    "by another Job of that name": owned(uid="another"),
    "by a Job that doesn't control it": owned(controller=False),
}


@pytest.mark.parametrize("change", OTHER_PODS.values(), ids=OTHER_PODS)
def test_a_pod_that_is_no_runs(change: dict[str, Any] | None) -> None:
    assert caller_of(None if change is None else merge(POD, {"metadata": change}), JOB) is None


OTHER_JOBS: dict[str, dict[str, Any] | None] = {
    "a Job that is gone": None,
    "a Job of nobody": {"ownerReferences": None},
    "another run's": {"ownerReferences": [{"kind": "RetrainRun", "name": "other", "uid": "u", "controller": True}]},
    "a CronJob's": {"ownerReferences": [{"kind": "CronJob", "name": RUN, "uid": "u", "controller": True}]},
}


@pytest.mark.parametrize("change", OTHER_JOBS.values(), ids=OTHER_JOBS)
def test_a_job_that_is_no_runs(change: dict[str, Any] | None) -> None:
    assert caller_of(POD, None if change is None else merge(JOB, {"metadata": change})) is None


def test_the_newest_report_of_each_run_is_kept_and_not_of_more_than_so_many() -> None:
    latest, report = ProgressCache(), parse_report(b'{"trainerStatus": {}}', "pod-1", NOW)
    assert report is not None
    assert [latest.put(Ref("shop", "a"), report) for _ in range(2)] == [True, False]
    for number in range(MOST_RUNS):
        latest.put(Ref("shop", f"r{number}"), report)
    assert latest.of(Ref("shop", "a")) is None
    assert latest.of(Ref("shop", "r0")) == report
