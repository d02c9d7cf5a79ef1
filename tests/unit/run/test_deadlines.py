"""The clock of a run's Job: what counts as running, what as waiting, and when it has been too long."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.clock import Phase, RunClock
from refit_operator.api.run import Outcome
from refit_operator.run.deadlines import POLL, clock_of
from refit_operator.run.decide import decide
from refit_operator.run.decision import Observed
from refit_operator.run.job_view import JobState
from tests.unit.run.test_decide import STARTED, job, look
from tests.unit.samples import NOW

HOUR = timedelta(hours=1)


def seen(phase: Phase, ago: timedelta, ran: timedelta = timedelta(0)) -> dict[str, Any]:
    """Return the status of a run whose Job was seen in a phase first so long ago."""
    return STARTED | {"clock": RunClock(phase=phase, since=NOW - ago, ran=ran).to_json()}


RUNNING_TIME: dict[str, tuple[dict[str, Any], JobState, timedelta]] = {
    "no clock yet": ({"jobRef": STARTED["jobRef"]}, JobState.TRAINING, timedelta(0)),
    "since it began to run": (seen(Phase.RUNNING, HOUR), JobState.TRAINING, HOUR),
    "judging counts": (seen(Phase.RUNNING, HOUR), JobState.JUDGING, HOUR),
    "time in the queue doesn't count": (seen(Phase.QUEUED, 9 * HOUR), JobState.QUEUED, timedelta(0)),
    "time spent pending doesn't count": (seen(Phase.PENDING, 9 * HOUR), JobState.PENDING, timedelta(0)),
    "it starts to count with the first look that sees it": (
        seen(Phase.QUEUED, 9 * HOUR),
        JobState.TRAINING,
        timedelta(0),
    ),
    "what ran before it was suspended stays": (seen(Phase.RUNNING, HOUR, HOUR), JobState.QUEUED, 2 * HOUR),
    "and goes on counting after it": (seen(Phase.RUNNING, HOUR, 2 * HOUR), JobState.TRAINING, 3 * HOUR),
    "a second pod's wait adds nothing": (seen(Phase.PENDING, HOUR, HOUR), JobState.TRAINING, HOUR),
    "a clock set back takes nothing away": (seen(Phase.RUNNING, -HOUR, HOUR), JobState.TRAINING, HOUR),
}


@pytest.mark.parametrize("name", RUNNING_TIME)
def test_running_time(name: str) -> None:
    status, state, want = RUNNING_TIME[name]
    assert clock_of(look(status, job(state))).running_time(NOW) == want


def test_a_clock_in_the_same_phase_stays_as_it_is_so_that_nothing_is_written() -> None:
    first = decide(look(STARTED, job(JobState.PENDING))).status
    again = look(first.to_json(), job(JobState.PENDING), now=NOW + timedelta(minutes=1))
    assert decide(again).status == again.run.status


def outcome(status: dict[str, Any], state: JobState) -> Outcome | None:
    return decide(look(status, job(state))).status.outcome


def test_the_deadline_is_one_of_running_time() -> None:
    assert outcome(seen(Phase.RUNNING, 4 * HOUR), JobState.TRAINING) is Outcome.FAILED
    assert outcome(seen(Phase.RUNNING, HOUR, 3 * HOUR), JobState.TRAINING) is Outcome.FAILED
    assert outcome(seen(Phase.RUNNING, HOUR, 2 * HOUR), JobState.TRAINING) is None


def test_a_suspended_job_waits_as_long_as_it_takes() -> None:
    assert outcome(seen(Phase.QUEUED, timedelta(days=30), 3 * HOUR), JobState.QUEUED) is None


def look_again(observed: Observed) -> timedelta | None:
    return decide(observed).look_again


def test_a_look_comes_no_later_than_the_deadline() -> None:
    near = seen(Phase.RUNNING, 4 * HOUR - timedelta(seconds=3))
    assert look_again(look(near, job(JobState.TRAINING))) == timedelta(seconds=3)
    assert look_again(look(near, job(JobState.QUEUED))) == POLL
    assert look_again(look(seen(Phase.RUNNING, HOUR), job(JobState.TRAINING))) == POLL
