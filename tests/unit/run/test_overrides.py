"""What people say to a run: approval, abort, the pointer of before."""

from dataclasses import replace
from typing import Any

import pytest

from refit_operator.api.run import Outcome, Stage
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import DeleteJob, Observed, WritePointer
from refit_operator.run.rules.views.job import JobState
from tests.unit.run.test_decide import (
    ACCEPTED,
    GIVEN_UP,
    NEW,
    OTHER,
    RECORDED,
    ROLLED_OUT,
    STARTED,
    WRITTEN,
    actions,
    job,
    seen,
)
from tests.unit.samples import make_run


def told(status: dict[str, Any] | None = None, spec: dict[str, Any] | None = None, **more: Any) -> Observed:
    """Return a look at a run to which a person said something."""
    return replace(seen(status, **more), run=make_run(status=status, **(spec or {})))


def reason(observed: Observed, kind: str) -> str:
    return next(c.reason for c in decide(observed).status.conditions if c.type == kind)


WAITS = {"mode": "Approve"}
APPROVED = {"mode": "Approve", "approval": "Approved"}
REJECTED = {"mode": "Approve", "approval": "Rejected"}
ABORT = {"abort": True}
TRAINING = {"job_view": job(JobState.TRAINING)}


def test_an_accepted_candidate_waits_for_approval_and_says_so_once() -> None:
    first = decide(told(ACCEPTED, WAITS))
    assert (first.status.stage, first.status.outcome, first.actions) == (Stage.AWAITING_APPROVAL, None, ())
    assert first.status.pointer_change is None
    assert [note.reason for note in first.events] == ["ApprovalNeeded"]
    again = decide(told(first.status.to_json(), WAITS))
    assert (again.status, again.events, again.requeue_after) == (first.status, (), None)


@pytest.mark.parametrize("spec", [APPROVED, {"mode": "Auto"}, {"approval": "Approved"}])
def test_with_approval_or_where_none_is_asked_for_the_change_is_recorded(spec: dict[str, Any]) -> None:
    assert decide(told(ACCEPTED, spec)).status.pointer_change is not None


def test_an_approved_run_is_not_asked_again() -> None:
    assert decide(told(RECORDED, WAITS)).actions == (WritePointer(NEW),)


ENDS = {
    "refused": (told(ACCEPTED, REJECTED), Outcome.REJECTED, "ApprovalRefused"),
    "refused where nobody asked": (told(ACCEPTED, {"approval": "Rejected"}), Outcome.REJECTED, "ApprovalRefused"),
    "the pointer changed meanwhile": (told(ACCEPTED, WAITS, live=OTHER), Outcome.SUPERSEDED, "Overruled"),
    "and was approved after that": (told(ACCEPTED, APPROVED, live=OTHER), Outcome.SUPERSEDED, "Overruled"),
    "the monitor changed meanwhile": (told(ACCEPTED, WAITS, superseded_by="gate"), Outcome.SUPERSEDED, "Superseded"),
    "aborted before its Job": (told(None, ABORT), Outcome.ABORTED, "Aborted"),
    "aborted while training": (told(STARTED, ABORT, **TRAINING), Outcome.ABORTED, "Aborted"),
    "aborted while it waits": (told(ACCEPTED, WAITS | ABORT), Outcome.ABORTED, "Aborted"),
    "aborted though approved": (told(ACCEPTED, APPROVED | ABORT), Outcome.ABORTED, "Aborted"),
    "aborted, but a person's pointer is there": (told(WRITTEN, ABORT, live=OTHER), Outcome.SUPERSEDED, "Overruled"),
    "a rollback requested while training": (
        told(STARTED, rollback_requested=True, **TRAINING),
        Outcome.ABORTED,
        "RollbackRequested",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_ends_it(name: str) -> None:
    observed, outcome, why = ENDS[name]
    assert (decide(observed).status.outcome, reason(observed, "Finished")) == (outcome, why)


def test_an_approved_run_finishes_as_it_started() -> None:
    assert decide(told(ACCEPTED, APPROVED, superseded_by="gate")).status.outcome is None


def test_an_aborted_runs_job_is_stopped_but_not_a_strangers() -> None:
    assert actions(decide(told(STARTED, ABORT, **TRAINING))) == [DeleteJob]
    strange = replace(job(JobState.TRAINING), owner_uid="somebody")
    assert actions(decide(told(None, ABORT, job_view=strange))) == []


TAKEN_BACK = {
    "recorded": (RECORDED, "", "Promoted"),
    "written before a crash": (RECORDED, NEW, "Promoted"),
    "rolling out": (WRITTEN, NEW, "Promoted"),
    "watching": (ROLLED_OUT, NEW, "Confirmed"),
}
WORDS = {"Aborted": (ABORT, False), "RollbackRequested": (None, True)}


@pytest.mark.parametrize("why", WORDS)
@pytest.mark.parametrize("name", TAKEN_BACK)
def test_after_the_record_the_pointer_is_taken_back(name: str, why: str) -> None:
    status, live, kind = TAKEN_BACK[name]
    spec, requested = WORDS[why]
    observed = told(status, spec, live=live, rollback_requested=requested)
    first = decide(observed)
    change = first.status.pointer_change
    assert (first.actions, change and change.rollback_time) == ((), observed.now)
    assert reason(observed, kind) == why
    second = decide(told(first.status.to_json(), spec, live=live, rollback_requested=requested))
    assert second.actions == ((WritePointer(""),) if live else ())
    ended = decide(told(second.status.to_json(), spec, live=""))
    assert ended.status.outcome is Outcome.ROLLED_BACK


def test_a_rollback_under_way_goes_on() -> None:
    assert decide(told(GIVEN_UP, ABORT, live=NEW)).actions == (WritePointer(""),)


def test_a_finished_run_hears_nothing() -> None:
    observed = told({"outcome": "Promoted"}, ABORT)
    assert decide(observed).status == observed.run.status
