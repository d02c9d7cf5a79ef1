"""Whose report it is: a table of what a TokenReview and a pod may say."""

from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.progress.cache import MOST_RUNS, ProgressCache
from refit_operator.progress.rules.payload import parse_report
from refit_operator.progress.rules.pod_identity import Caller, find_caller, find_job, read_review
from tests.hostile.reports import OTHER_JOBS, OTHER_PODS, STRANGERS
from tests.support.pods import IDENTITY, JOB, POD, REVIEW, RUN
from tests.support.samples import NOW, merge


def caller_of(pod: dict[str, Any] | None, job: dict[str, Any] | None) -> Caller | None:
    found = find_job(IDENTITY, pod)
    return find_caller(IDENTITY, pod, job) if found and pod else None


def test_a_pods_own_token() -> None:
    assert read_review(REVIEW) == IDENTITY
    assert caller_of(POD, JOB) == Caller(Ref("shop", RUN), Ref("shop", "reviews"), IDENTITY.ref.name)


@pytest.mark.parametrize("change", STRANGERS.values(), ids=STRANGERS)
def test_a_token_that_is_no_pods(change: dict[str, Any]) -> None:
    assert read_review(merge(REVIEW, change)) is None


def test_an_empty_review() -> None:
    assert read_review({}) is None


@pytest.mark.parametrize("change", OTHER_PODS.values(), ids=OTHER_PODS)
def test_a_pod_that_is_no_runs(change: dict[str, Any] | None) -> None:
    assert caller_of(None if change is None else merge(POD, {"metadata": change}), JOB) is None


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
