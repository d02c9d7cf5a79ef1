"""What a run does next: for each situation the answer, and the order of the checks."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refit_operator.api.progress import RunProgress
from refit_operator.api.run import Outcome, Stage
from refit_operator.run.rules.decide import CHECKS, decide
from refit_operator.run.rules.decision import CreateJob, Decision, DeleteJob, WritePointer
from refit_operator.run.rules.views.job import JobState, JobView
from refit_operator.run.rules.views.reports import MISSING
from refit_operator.target.rules.view import parse_target
from tests.support.checks import first_answer, reason_of
from tests.support.runs import (
    ACCEPTED,
    GIVEN_UP,
    NEW,
    OTHER,
    RECORDED,
    ROLLED_OUT,
    RUN,
    STARTED,
    TRAIN,
    TRAINED,
    UNKNOWN,
    WRITTEN,
    actions,
    job,
    judged,
    readings,
    seen,
)
from tests.support.samples import NEW_DIGEST, NOW, OLD_DIGEST, deployment, make_run, stock_deployment, unread


def test_a_new_run_makes_its_job() -> None:
    decision = decide(seen())
    assert actions(decision) == [CreateJob]


def test_the_job_is_recorded_with_its_own_time() -> None:
    decision = decide(seen(job_view=job(JobState.QUEUED)))
    assert decision.status.job_ref == RUN.metadata.name
    assert decision.status.start_time == NOW - timedelta(minutes=10)
    assert [note.reason for note in decision.events] == ["RetrainStarted"]


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        (JobState.QUEUED, Stage.QUEUED),
        (JobState.PENDING, Stage.QUEUED),
        (JobState.TRAINING, Stage.TRAINING),
        (JobState.JUDGING, Stage.JUDGING),
    ],
)
def test_a_job_at_work_is_waited_for(state: JobState, stage: Stage) -> None:
    decision = decide(seen(STARTED, job(state)))
    assert (decision.status.stage, decision.actions) == (stage, ())


HALF = RunProgress(percentage=50, estimated_remaining=timedelta(seconds=30), metrics={"loss": "0.4"}, time=NOW)
RECORDED_HALF = STARTED | {"progress": HALF.to_json()}


@pytest.mark.parametrize(
    ("status", "job_view", "progress", "kept", "message"),
    [
        (STARTED, job(JobState.TRAINING), None, None, "Training"),
        (STARTED, job(JobState.TRAINING), HALF, HALF, "Training: 50 %, about 30s left"),
        (RECORDED_HALF, job(JobState.TRAINING), None, HALF, "Training: 50 %, about 30s left"),
        (STARTED, job(JobState.TRAINING, error="exit 1"), HALF, HALF, "retrying after: exit 1"),
        (STARTED, job(JobState.JUDGING), HALF, HALF, "Judging"),
        (STARTED, job(JobState.JUDGING, train_report=TRAIN), HALF, HALF, "trained on 1500 rows in 20 s"),
    ],
)
def test_progress_is_copied_and_outlives_a_restart(
    status: Any, job_view: JobView, progress: RunProgress | None, kept: RunProgress | None, message: str
) -> None:
    found = decide(seen(status, job_view, progress=progress)).status
    assert (found.progress, found.message) == (kept, message)


def test_a_report_is_copied_at_once() -> None:
    decision = decide(seen(STARTED, job(JobState.JUDGING, train_report=TRAIN)))
    assert decision.status.result.training_rows == 1500
    assert decision.status.result.checkpoint.endswith(NEW_DIGEST)


def test_the_judgement_is_copied_after_the_trainers_report() -> None:
    both = job(JobState.SUCCEEDED, train_report=TRAIN, judge_report=judged())
    first = decide(seen(STARTED, both)).status
    second = decide(seen(first.to_json(), both)).status
    assert second.trained_time == NOW
    assert second.result.candidate is not None
    assert second.result.candidate.metrics == {"accuracy": "0.9"}


def test_a_users_own_command_that_reports_nothing_is_known_by_what_the_judge_found() -> None:
    silent = job(JobState.SUCCEEDED, judge_report=judged(), flaws=(("train", MISSING),))
    without = seen(STARTED, silent, progress=HALF)
    theirs = make_run(status=STARTED, training={"command": ["python3", "train.py"]})
    status = decide(replace(without, run=theirs)).status
    assert status.result.checkpoint == f"pvc://models/checkpoints/reviews/{RUN.metadata.name}@{NEW_DIGEST}"
    assert (status.result.training_rows, status.trained_time, status.progress) == (None, NOW, HALF)
    assert decide(without).status.outcome is Outcome.FAILED  # the image's own command always reports


BETTER_SERVED = {"accuracy": "0.95"}

ENDS = {
    "a trainer that failed": (
        seen(STARTED, job(JobState.FAILED, error="train exited 64: rows.jsonl:17: broken JSON")),
        Outcome.FAILED,
        "TrainingFailed",
        "rows.jsonl:17",
    ),
    "a report that is lost twice": (
        seen(
            STARTED | {"jobRef": f"{RUN.metadata.name}-judge", "lostReportTime": NOW.isoformat()},
            job(JobState.SUCCEEDED),
        ),
        Outcome.FAILED,
        "ReportLost",
        "second time",
    ),
    "a Job of the same name that isn't the run's": (
        seen(None, JobView(JobState.TRAINING, owner_uid="somebody")),
        Outcome.FAILED,
        "JobConflict",
        "isn't controlled by this run",
    ),
    "a Job that was deleted": (seen(STARTED), Outcome.FAILED, "JobDeleted", "was deleted"),
    "a deadline": (
        seen(STARTED, job(JobState.TRAINING), now=NOW + timedelta(hours=4)),
        Outcome.FAILED,
        "DeadlineExceeded",
        "longer than training.deadline, 4h",
    ),
    "a changed monitor": (
        seen(STARTED, job(JobState.TRAINING), superseded_by="training.image"),
        Outcome.SUPERSEDED,
        "Superseded",
        "training.image",
    ),
    "a worse candidate": (
        seen(
            TRAINED
            | {"result": TRAINED["result"] | {"served": {"digest": OLD_DIGEST, "metrics": {"accuracy": "0.95"}}}}
        ),
        Outcome.REJECTED,
        "NotBetter",
        "does not beat",
    ),
    "a judgement that was never recorded": (
        seen(TRAINED | {"result": {"checkpoint": TRAINED["result"]["checkpoint"], "trainingRows": 1500}}),
        Outcome.FAILED,
        "ReportLost",
        "no judgement",
    ),
    "a target that is gone": (seen(ACCEPTED, target=None), Outcome.FAILED, "TargetMissing", "was deleted"),
    "a target created again": (
        seen(RECORDED, target=parse_target(deployment("", uid="another"))),
        Outcome.FAILED,
        "TargetReplaced",
        "created again",
    ),
    "a pointer changed while training": (seen(ACCEPTED, live=OTHER), Outcome.SUPERSEDED, "Overruled", OTHER),
    "a pointer set during the rollout": (
        seen(WRITTEN, live="file:///models/b"),
        Outcome.SUPERSEDED,
        "Overruled",
        "annotation refit.dev/checkpoint was set to file:///models/b; expected reviews-1-",
    ),
    "an undo during the rollout": (seen(WRITTEN, live=""), Outcome.SUPERSEDED, "Overruled", "removed; expected rev"),
    "an undo during the verification": (
        seen(ROLLED_OUT, live=""),
        Outcome.SUPERSEDED,
        "Overruled",
        "annotation refit.dev/checkpoint was removed; expected reviews-1-",
    ),
    "the path that a container reads set during the rollout": (
        seen(WRITTEN, target=parse_target(stock_deployment(NEW, path="/models/b"))),
        Outcome.SUPERSEDED,
        "Overruled",
        "annotation refit.dev/model-path is /models/b to container server",
    ),
    "the path that a container reads set while training": (
        seen(ACCEPTED, target=parse_target(stock_deployment(path="/models/b"))),
        Outcome.SUPERSEDED,
        "Overruled",
        "while the candidate was trained, annotation refit.dev/model-path is /models/b",
    ),
    "the path that a container reads removed during the verification": (
        seen(ROLLED_OUT, target=parse_target(stock_deployment(NEW, path=None))),
        Outcome.SUPERSEDED,
        "Overruled",
        "annotation refit.dev/model-path isn't set to container server",
    ),
    "a container that reads the URI of a checkpoint on a claim": (
        seen(ACCEPTED, target=parse_target(stock_deployment("", "model-uri"))),
        Outcome.FAILED,
        "TargetNotWired",
        "is written to refit.dev/model-path",
    ),
    "nobody reads the pointer any more": (
        seen(ROLLED_OUT, target=parse_target(unread(NEW))),
        Outcome.SUPERSEDED,
        "Overruled",
        "no container reads",
    ),
    "nobody reads the pointer once trained": (
        seen(ACCEPTED, target=parse_target(unread(""))),
        Outcome.FAILED,
        "TargetNotWired",
        "no container reads the pointer",
    ),
    "a rollback that is done": (seen(GIVEN_UP, live=""), Outcome.ROLLED_BACK, "RolledBack", "rolled back"),
    "a rollback of a paused target": (
        seen(GIVEN_UP, target=parse_target(deployment() | {"spec": deployment()["spec"] | {"paused": True}})),
        Outcome.ROLLED_BACK,
        "RollbackBlocked",
        "paused",
    ),
    "a verification without readings": (
        seen(ROLLED_OUT, live=NEW, now=NOW + timedelta(minutes=10), window=readings(None, None, None)),
        Outcome.PROMOTED,
        "Promoted",
        "unconfirmed",
    ),
    "a verification without regression": (
        seen(ROLLED_OUT, live=NEW, now=NOW + timedelta(minutes=10), window=readings(0.9, 0.9, 0.9)),
        Outcome.PROMOTED,
        "Promoted",
        "after the promotion",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_ends_a_run(name: str) -> None:
    observed, outcome, reason, words = ENDS[name]
    status = decide(observed).status
    finished = next(c for c in status.conditions if c.type == "Finished")
    assert (status.outcome, finished.reason) == (outcome, reason)
    assert reason_of(first_answer(CHECKS, observed)) in (reason, None)
    assert words in (status.message or "")
    assert status.completion_time == observed.now


@pytest.mark.parametrize("name", ["a deadline", "a changed monitor"])
def test_a_job_that_is_no_longer_wanted_is_stopped(name: str) -> None:
    assert actions(decide(ENDS[name][0])) == [DeleteJob]


def test_the_old_pointer_is_recorded_before_the_target_is_touched() -> None:
    decision = decide(seen(ACCEPTED))
    assert decision.actions == ()
    assert decision.status.pointer_change is not None
    assert (decision.status.pointer_change.old, decision.status.pointer_change.new) == ("", NEW)


def test_then_the_pointer_is_written_without_force() -> None:
    decision = decide(seen(RECORDED))
    assert decision.actions == (WritePointer(NEW, force=False),)


def test_force_only_where_the_pointer_was_handed_over() -> None:
    assert decide(seen(RECORDED, may_force=True)).actions == (WritePointer(NEW, force=True),)


def test_a_pointer_written_before_a_crash_is_not_written_again() -> None:
    decision = decide(seen(RECORDED, live=NEW))
    assert decision.actions == ()
    assert any(c.type == "Promoted" and c.status == UNKNOWN for c in decision.status.conditions)


def test_a_rollout_is_waited_for() -> None:
    target = parse_target(deployment(NEW, availableReplicas=1))
    decision = decide(seen(WRITTEN, target=target))
    assert (decision.status.stage, decision.status.outcome) == (Stage.ROLLING_OUT, None)


def test_a_complete_rollout_is_recorded() -> None:
    decision = decide(seen(WRITTEN, live=NEW))
    assert decision.status.rolled_out_time == NOW
    (event,) = decision.events
    assert event.reason == "CheckpointPromoted" and event.message.endswith("serves instead of reviews-v1")


@pytest.mark.parametrize(
    ("target", "now"),
    [
        (deployment(NEW, availableReplicas=1), NOW + timedelta(minutes=8)),
        (deployment(NEW) | {"spec": deployment(NEW)["spec"] | {"replicas": 0}}, NOW),
    ],
)
def test_a_rollout_that_fails_is_rolled_back_without_querying_any_metric(target: dict[str, Any], now: Any) -> None:
    first = decide(seen(WRITTEN, target=parse_target(target), now=now))
    assert first.actions == ()
    assert first.status.pointer_change is not None
    assert first.status.pointer_change.rollback_time == now
    second = decide(seen(first.status.to_json(), target=parse_target(target), now=now))
    assert second.actions == (WritePointer(""),)


STUCK = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}


def test_the_deployments_own_deadline_fails_a_rollout_but_no_rollback() -> None:
    """After a change back it is still that of the rollout before, for a moment."""
    stuck: dict[str, Any] = {"conditions": [STUCK], "availableReplicas": 1}
    rollout = decide(seen(WRITTEN, target=parse_target(deployment(NEW, **stuck)))).status
    assert rollout.pointer_change is not None
    assert rollout.pointer_change.rollback_time == NOW
    rollback = decide(seen(GIVEN_UP, target=parse_target(deployment("", **stuck)))).status
    assert (rollback.stage, rollback.outcome) == (Stage.ROLLING_BACK, None)
    later = decide(seen(GIVEN_UP, target=parse_target(deployment("", **stuck)), now=NOW + timedelta(minutes=10))).status
    assert later.outcome is Outcome.ROLLED_BACK
    assert any(c.reason == "RollbackBlocked" for c in later.conditions)


WORSE, SAME, BETTER = 0.7, 0.79, 0.84


@pytest.mark.parametrize(
    ("window", "rolled_back"),
    [
        (readings(WORSE, WORSE, WORSE), True),
        (readings(BETTER, WORSE, WORSE), False),
        (readings(SAME, SAME, SAME), False),
        (readings(BETTER, BETTER, BETTER), False),
        (readings(None, None, None), False),
        (readings(WORSE, None, WORSE, BETTER, WORSE), True),
    ],
)
def test_verification_compares_with_what_was_replaced_never_with_the_threshold(window: Any, rolled_back: bool) -> None:
    status = decide(seen(ROLLED_OUT, live=NEW, window=window)).status
    change = status.pointer_change
    assert change is not None
    assert (change.rollback_time is not None) is rolled_back


def test_readings_of_the_old_model_roll_nothing_back() -> None:
    observed = seen(ROLLED_OUT, live=NEW, window=readings(WORSE, WORSE, WORSE), query_range=timedelta(minutes=50))
    assert decide(observed).status.pointer_change == observed.run.status.pointer_change


def test_a_finished_run_is_left_alone() -> None:
    observed = seen({"outcome": "Failed"}, job(JobState.FAILED))
    assert decide(observed) == Decision(observed.run.status)


STATUSES = [None, STARTED, TRAINED, ACCEPTED, RECORDED, WRITTEN, ROLLED_OUT, GIVEN_UP]
JOBS = [JobView(JobState.MISSING), *(job(state) for state in JobState if state is not JobState.MISSING)]


@given(
    status=st.sampled_from(STATUSES),
    job_view=st.sampled_from(JOBS),
    live=st.sampled_from(["", NEW, "file:///models/b"]),
    window=st.sampled_from([(), readings(WORSE, WORSE, WORSE), readings(None, None)]),
)
def test_deciding_again_after_recording_a_decision_settles(status: Any, job_view: Any, live: str, window: Any) -> None:
    """Perform the decision, decide again: after a few steps there is nothing more to do."""
    observed = seen(status, job_view, live, window=window)
    for _ in range(8):
        decision = decide(observed)
        run = observed.run.model_copy(update={"status": decision.status})
        pointers = [action.pointer for action in decision.actions if isinstance(action, WritePointer)]
        made = any(isinstance(action, CreateJob) for action in decision.actions)
        observed = replace(
            observed,
            run=run,
            job=job(JobState.QUEUED) if made else observed.job,
            target=parse_target(deployment(pointers[-1])) if pointers else observed.target,
        )
    assert decide(observed).actions == ()
    assert decide(observed).status == observed.run.status


def test_the_order_of_the_checks() -> None:
    assert [check.__name__ for check in CHECKS] == [
        "finished",
        "record_lost",
        "end_job",
        "aborted",
        "rollback_requested",
        "superseded",
        "no_place",
        "pending_too_long",
        "service_conflict",
        "create_service",
        "job_deleted",
        "create_job",
        "job_conflict",
        "record_job",
        "record_training",
        "record_unchanged",
        "unchanged",
        "report_invalid",
        "record_judgement",
        "training_failed",
        "report_lost",
        "deadline_exceeded",
        "end_stalled_pod",
        "no_progress",
        "await_job",
        "evaluate_gate",
        "target_missing",
        "target_replaced",
        "record_lost_promotion",
        "target_not_wired",
        "overruled",
        "approval_refused",
        "record_shadow",
        "shadow_not_started",
        "shadow_crashed",
        "shadow_not_measured",
        "shadow_disagrees",
        "shadow_less_accurate",
        "shadow_slower",
        "pass_shadow",
        "create_shadow",
        "await_shadow",
        "await_answers",
        "remove_shadow",
        "await_approval",
        "record_change",
        "promotion_revoked",
        "write_pointer",
        "await_rollback",
        "await_rollout",
        "complete_requested_rollback",
        "regressed",
        "confirm_early",
        "complete_verification",
        "await_readings",
    ]
