"""A finished run holds nothing: a container that somebody added to the pod doesn't keep its GPU."""

from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import DeleteJob
from refit_operator.run.rules.views.job import JobState
from tests.support.runs import RUN, STARTED, TRAINED, job, judged, seen

DELETED = (DeleteJob(RUN.metadata.name, "job-uid"),)


def test_once_both_reports_are_recorded_the_job_ends_and_the_run_goes_on() -> None:
    decision = decide(seen(TRAINED, job(JobState.JUDGING, judge_report=judged(), lingering="istio-proxy")))
    assert decision.actions == DELETED
    assert decision.status.outcome is None
    assert decide(seen(TRAINED)).status.outcome is None


def test_before_they_are_recorded_it_stays() -> None:
    view = job(JobState.JUDGING, judge_report=judged(), lingering="istio-proxy")
    status = STARTED | {"result": {"checkpoint": TRAINED["result"]["checkpoint"], "trainingRows": 1500}}
    decision = decide(seen(status, view))
    assert decision.actions == ()
    assert decision.status.result.holdout_rows == 500


def test_a_run_that_ends_for_another_reason_holds_nothing_either() -> None:
    view = job(JobState.JUDGING, lingering="istio-proxy")
    assert decide(seen(TRAINED, view, superseded_by="gate")).actions == DELETED


def test_a_strangers_job_stays() -> None:
    view = job(JobState.JUDGING, lingering="istio-proxy")
    assert decide(seen(TRAINED, view.__class__(**(view.__dict__ | {"owner_uid": "another"})))).actions == ()


def test_a_judge_that_failed_beside_a_container_that_goes_on_ends_the_run() -> None:
    view = job(JobState.JUDGING, error="judge exited 2: no memory", lingering="istio-proxy")
    decision = decide(seen(STARTED, view))
    assert (decision.status.outcome, decision.actions) == ("Failed", DELETED)
    words = "judge exited 2: no memory; not retried, because the pod's container istio-proxy hasn't ended"
    assert decision.status.message == words
