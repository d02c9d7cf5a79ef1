"""Reports that are lost, wrong or missing: what people read, and that none of it is ever accepted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.run import Outcome
from refit_operator.run.rules.decide import CHECKS, decide
from refit_operator.run.rules.decision import CreateJob, Observed
from refit_operator.run.rules.manifests.job import build_job
from refit_operator.run.rules.views.job import JobState, JobView
from refit_operator.run.rules.views.reports import MISSING, JudgeReport, TrainReport, flaw_of, parse_report
from tests.support.checks import first_answer
from tests.support.runs import GOOD_JUDGE, GOOD_TRAIN, STARTED, TRAINED, actions, job, judged, seen
from tests.support.samples import NEW_DIGEST, NOW, make_run

FLAWS: dict[str, tuple[Any, str, str]] = {
    "a good one of the trainer": (TrainReport, GOOD_TRAIN, ""),
    "a good one of the judge": (JudgeReport, GOOD_JUDGE, ""),
    "none": (JudgeReport, "\n", MISSING),
    "no JSON": (JudgeReport, "{'candidate': 1}", "Invalid JSON: key must be a string at line 1 column 2"),
    "another's": (JudgeReport, GOOD_TRAIN, "candidate: Field required"),
    "no number": (
        JudgeReport,
        GOOD_JUDGE.replace("0.9", "NaN"),
        "candidate.metrics.accuracy: Input should be a finite",
    ),
    "no digest": (TrainReport, GOOD_TRAIN.replace("sha256:", "md5:"), "digest: String should match pattern"),
    "no whole number of rows": (TrainReport, GOOD_TRAIN.replace("1500", "-1"), "rows: Input should be greater than"),
    "one that was cut off": (
        JudgeReport,
        GOOD_JUDGE.ljust(4096, "x")[1:] + "x",
        "truncated at 4096 bytes",
    ),
    "one that just fits": (JudgeReport, GOOD_JUDGE.ljust(4096), ""),
}


@pytest.mark.parametrize("name", FLAWS)
def test_what_is_wrong_with_a_report(name: str) -> None:
    kind, message, words = FLAWS[name]
    flaw = flaw_of(kind, message)
    assert flaw.startswith(words)
    assert bool(flaw) is bool(words)
    assert (parse_report(kind, message) is None) is bool(words)


OWN = {"command": ["python3", "train.py"]}
RECORDED = {"result": {"checkpoint": f"pvc://models/x@{NEW_DIGEST}", "trainingRows": 1500}}
BROKEN = (("judge", "rows: Field required"),)
UNREPORTED, GARBAGE = (("train", MISSING),), (("train", "Invalid JSON"),)
INVALID: dict[str, tuple[Observed, str]] = {
    "the judge's": (seen(STARTED | RECORDED, job(JobState.SUCCEEDED, flaws=BROKEN)), "of container judge"),
    "the trainer's, at once": (seen(STARTED, job(JobState.JUDGING, flaws=GARBAGE)), "of container train"),
    "none of the trainer's": (seen(STARTED, job(JobState.JUDGING, flaws=UNREPORTED)), MISSING),
    "a user's own command that says something else": (
        replace(
            seen(STARTED, job(JobState.SUCCEEDED, judge_report=judged(), flaws=GARBAGE)),
            run=make_run(status=STARTED, training=OWN),
        ),
        "Invalid JSON",
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_report_ends_the_run(name: str) -> None:
    observed, words = INVALID[name]
    status = decide(observed).status
    assert (status.outcome, status.conditions[-1].reason) == (Outcome.FAILED, "ReportInvalid")
    assert first_answer(CHECKS, observed) == "report_invalid"
    assert words in (status.message or "")


VALID = {
    "a user's own command that says nothing": replace(
        seen(STARTED, job(JobState.JUDGING, flaws=UNREPORTED)), run=make_run(status=STARTED, training=OWN)
    ),
    "a second try that says less than the first": seen(STARTED | RECORDED, job(JobState.JUDGING, flaws=UNREPORTED)),
    "what was wrong before the judgement was recorded": seen(TRAINED, job(JobState.SUCCEEDED, flaws=BROKEN)),
}


@pytest.mark.parametrize("name", VALID)
def test_no_report_is_called_invalid_that_isnt_needed(name: str) -> None:
    assert decide(VALID[name]).status.outcome is None


LOST = STARTED | {"lostReportTime": (NOW - timedelta(minutes=1)).isoformat()}
JUDGES_JOB = f"{make_run().metadata.name}-judge"


def test_a_lost_report_is_recorded_before_anything_is_made() -> None:
    decision = decide(seen(STARTED, job(JobState.SUCCEEDED)))
    assert decision.actions == ()
    assert (decision.status.lost_report_time, decision.status.outcome) == (NOW, None)
    assert [note.reason for note in decision.events] == ["ReportLost"]


def test_then_the_judge_has_a_job_of_its_own() -> None:
    made = decide(seen(LOST, JobView(JobState.MISSING))).actions[0]
    assert isinstance(made, CreateJob)
    assert made.body == build_job(make_run(status=LOST))
    assert made.body["metadata"]["name"] == JUDGES_JOB
    pod, whole = made.body["spec"]["template"]["spec"], build_job(make_run())["spec"]["template"]["spec"]
    assert (pod["initContainers"], pod["containers"]) == ([], whole["containers"])
    judges = {"claim-holdout", "claim-models", "tmp-judge", "shm-judge"}
    assert {volume["name"] for volume in pod["volumes"]} == judges
    rules = made.body["spec"]["podFailurePolicy"]["rules"]
    assert [rule.get("onExitCodes", {}).get("containerName") for rule in rules] == ["judge", None]


def test_it_is_adopted_only_where_the_run_owns_it() -> None:
    strange = decide(seen(LOST, JobView(JobState.JUDGING, owner_uid="somebody")))
    assert strange.status.message == f"Job {JUDGES_JOB} exists and isn't controlled by this run"
    adopted = decide(seen(LOST, job(JobState.PENDING))).status
    assert (adopted.job_ref, adopted.outcome) == (JUDGES_JOB, None)


AGAIN = LOST | {"jobRef": JUDGES_JOB}


def test_what_the_judge_then_finds_is_what_was_trained() -> None:
    status = decide(seen(AGAIN, job(JobState.SUCCEEDED, judge_report=judged()))).status
    assert status.trained_time == NOW
    assert status.result.checkpoint.endswith(f"@{NEW_DIGEST}")


def test_what_the_trainer_had_said_still_counts() -> None:
    told = AGAIN | {"result": RECORDED["result"] | {"checkpoint": "pvc://models/x@sha256:" + "2" * 64}}
    status = decide(seen(told, job(JobState.SUCCEEDED, judge_report=judged()))).status
    assert status.result.checkpoint.endswith("2" * 64)
    rejected = decide(seen(status.to_json(), job(JobState.SUCCEEDED, judge_report=judged()))).status
    assert (rejected.outcome, (rejected.message or "").split()[0]) == (Outcome.REJECTED, "judged")


@pytest.mark.parametrize(
    ("view", "reason"),
    [
        (job(JobState.SUCCEEDED), "ReportLost"),
        (job(JobState.FAILED, error="judge exited 1"), "TrainingFailed"),
        (JobView(JobState.MISSING), "JobDeleted"),
    ],
    ids=["lost again", "failed", "deleted"],
)
def test_it_is_not_tried_a_third_time(view: JobView, reason: str) -> None:
    decision = decide(seen(AGAIN, view))
    assert (decision.status.outcome, decision.status.conditions[-1].reason) == (Outcome.FAILED, reason)
    assert actions(decision) == []


def test_rows_that_no_status_can_hold_are_a_flaw() -> None:
    message = TrainReport.model_validate_json(GOOD_TRAIN).model_copy(update={"rows": 2**63}).model_dump_json()
    assert parse_report(TrainReport, message) is None
    assert flaw_of(TrainReport, message) == "rows: Input should be less than or equal to 9007199254740991"
