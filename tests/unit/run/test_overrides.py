"""What users ask of a run: approval, abort, rollback."""

from dataclasses import replace
from typing import Any

import pytest

from refit_operator.api.run import Outcome, Stage
from refit_operator.run.rules.decide import CHECKS, decide
from refit_operator.run.rules.decision import DeleteJob, Observed, WritePointer
from refit_operator.run.rules.views.job import JobState
from tests.support.checks import first_answer, reason_of
from tests.support.runs import (
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
from tests.support.samples import make_run


def asked(status: dict[str, Any] | None = None, spec: dict[str, Any] | None = None, **more: Any) -> Observed:
    """Return a run with these fields of its spec set."""
    return replace(seen(status, **more), run=make_run(status=status, **(spec or {})))


def reason(observed: Observed, kind: str) -> str:
    return next(c.reason for c in decide(observed).status.conditions if c.type == kind)


WAITS = {"mode": "Approve"}
APPROVED = {"mode": "Approve", "approval": "Approved"}
REJECTED = {"mode": "Approve", "approval": "Rejected"}
ABORT = {"abort": True}
TRAINING: dict[str, Any] = {"job_view": job(JobState.TRAINING)}


def test_an_accepted_candidate_waits_for_approval_with_one_event() -> None:
    first = decide(asked(ACCEPTED, WAITS))
    assert (first.status.stage, first.status.outcome, first.actions) == (Stage.AWAITING_APPROVAL, None, ())
    assert first.status.pointer_change is None
    assert [note.reason for note in first.events] == ["ApprovalNeeded"]
    again = decide(asked(first.status.to_json(), WAITS))
    assert (again.status, again.events, again.requeue_after) == (first.status, (), None)


@pytest.mark.parametrize("spec", [APPROVED, {"mode": "Auto"}, {"approval": "Approved"}])
def test_with_approval_or_where_none_is_asked_for_the_change_is_recorded(spec: dict[str, Any]) -> None:
    assert decide(asked(ACCEPTED, spec)).status.pointer_change is not None


def test_an_approved_run_is_not_asked_again() -> None:
    assert decide(asked(RECORDED, WAITS)).actions == (WritePointer(NEW),)


ENDS = {
    "refused": (asked(ACCEPTED, REJECTED), Outcome.REJECTED, "ApprovalRefused"),
    "refused in mode Auto": (
        asked(ACCEPTED, {"approval": "Rejected"}),
        Outcome.REJECTED,
        "ApprovalRefused",
    ),
    "the pointer changed meanwhile": (asked(ACCEPTED, WAITS, live=OTHER), Outcome.SUPERSEDED, "Overruled"),
    "and was approved after that": (asked(ACCEPTED, APPROVED, live=OTHER), Outcome.SUPERSEDED, "Overruled"),
    "the monitor changed meanwhile": (asked(ACCEPTED, WAITS, superseded_by="gate"), Outcome.SUPERSEDED, "Superseded"),
    "aborted before its Job": (asked(None, ABORT), Outcome.ABORTED, "Aborted"),
    "aborted while training": (asked(STARTED, ABORT, **TRAINING), Outcome.ABORTED, "Aborted"),
    "aborted while it waits": (asked(ACCEPTED, WAITS | ABORT), Outcome.ABORTED, "Aborted"),
    "aborted though approved": (asked(ACCEPTED, APPROVED | ABORT), Outcome.ABORTED, "Aborted"),
    "aborted, but another pointer is there": (asked(WRITTEN, ABORT, live=OTHER), Outcome.SUPERSEDED, "Overruled"),
    "a rollback requested while training": (
        asked(STARTED, rollback_requested=True, **TRAINING),
        Outcome.ABORTED,
        "RollbackRequested",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_ends_it(name: str) -> None:
    observed, outcome, why = ENDS[name]
    assert (decide(observed).status.outcome, reason(observed, "Finished")) == (outcome, why)
    assert reason_of(first_answer(CHECKS, observed)) == why


def test_an_approved_run_finishes_as_it_started() -> None:
    assert decide(asked(ACCEPTED, APPROVED, superseded_by="gate")).status.outcome is None


def test_an_aborted_runs_job_is_deleted_but_not_one_that_it_does_not_control() -> None:
    assert actions(decide(asked(STARTED, ABORT, **TRAINING))) == [DeleteJob]
    strange = replace(job(JobState.TRAINING), owner_uid="somebody")
    assert actions(decide(asked(None, ABORT, job_view=strange))) == []


ROLLED_BACK = {
    "recorded": (RECORDED, "", "Promoted"),
    "written before a crash": (RECORDED, NEW, "Promoted"),
    "rolling out": (WRITTEN, NEW, "Promoted"),
    "verifying": (ROLLED_OUT, NEW, "Confirmed"),
}
OVERRIDES = {"Aborted": (ABORT, False), "RollbackRequested": (None, True)}


@pytest.mark.parametrize("why", OVERRIDES)
@pytest.mark.parametrize("name", ROLLED_BACK)
def test_after_the_record_the_promotion_is_rolled_back(name: str, why: str) -> None:
    status, live, kind = ROLLED_BACK[name]
    spec, requested = OVERRIDES[why]
    observed = asked(status, spec, live=live, rollback_requested=requested)
    first = decide(observed)
    change = first.status.pointer_change
    assert (first.actions, change and change.rollback_time) == ((), observed.now)
    assert reason(observed, kind) == why
    second = decide(asked(first.status.to_json(), spec, live=live, rollback_requested=requested))
    assert second.actions == ((WritePointer(""),) if live else ())
    ended = decide(asked(second.status.to_json(), spec, live=""))
    assert ended.status.outcome is Outcome.ROLLED_BACK


def test_a_rollback_under_way_goes_on() -> None:
    assert decide(asked(GIVEN_UP, ABORT, live=NEW)).actions == (WritePointer(""),)


def test_a_finished_run_ignores_them() -> None:
    observed = asked({"outcome": "Promoted"}, ABORT)
    assert decide(observed).status == observed.run.status
