"""The clock of a run's Job: what counts as running, what as waiting, and when it has been too long."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome
from refit_operator.api.run_clock import Phase, RunClock
from refit_operator.run.rules.checks.deadlines import POLL, clock_of
from refit_operator.run.rules.decide import CHECKS, decide
from refit_operator.run.rules.decision import Observed
from refit_operator.run.rules.views.job import JobState, JobView
from refit_operator.run.rules.views.waiting import Waiting
from tests.support.checks import first_answer
from tests.support.runs import STARTED, condition, job, seen
from tests.support.samples import NOW

HOUR = timedelta(hours=1)


def in_phase(phase: Phase, ago: timedelta, ran: timedelta = timedelta(0)) -> dict[str, Any]:
    """Return the status of a run whose Job was seen in a phase first so long ago."""
    return STARTED | {"clock": RunClock(phase=phase, since=NOW - ago, ran=ran).to_json()}


RUNNING_TIME: dict[str, tuple[dict[str, Any], JobState, timedelta]] = {
    "no clock yet": ({"jobRef": STARTED["jobRef"]}, JobState.TRAINING, timedelta(0)),
    "since it began to run": (in_phase(Phase.RUNNING, HOUR), JobState.TRAINING, HOUR),
    "judging counts": (in_phase(Phase.RUNNING, HOUR), JobState.JUDGING, HOUR),
    "time in the queue doesn't count": (in_phase(Phase.QUEUED, 9 * HOUR), JobState.QUEUED, timedelta(0)),
    "time spent pending doesn't count": (in_phase(Phase.PENDING, 9 * HOUR), JobState.PENDING, timedelta(0)),
    "it starts to count with the first look that sees it": (
        in_phase(Phase.QUEUED, 9 * HOUR),
        JobState.TRAINING,
        timedelta(0),
    ),
    "what ran before it was suspended stays": (in_phase(Phase.RUNNING, HOUR, HOUR), JobState.QUEUED, 2 * HOUR),
    "and goes on counting after it": (in_phase(Phase.RUNNING, HOUR, 2 * HOUR), JobState.TRAINING, 3 * HOUR),
    "a second pod's wait adds nothing": (in_phase(Phase.PENDING, HOUR, HOUR), JobState.TRAINING, HOUR),
    "a clock set back takes nothing away": (in_phase(Phase.RUNNING, -HOUR, HOUR), JobState.TRAINING, HOUR),
}


@pytest.mark.parametrize("name", RUNNING_TIME)
def test_running_time(name: str) -> None:
    status, state, want = RUNNING_TIME[name]
    assert clock_of(seen(status, job(state))).running_time(NOW) == want


def test_a_clock_in_the_same_phase_stays_as_it_is_so_that_nothing_is_written() -> None:
    first = decide(seen(STARTED, job(JobState.PENDING))).status
    again = seen(first.to_json(), job(JobState.PENDING), now=NOW + timedelta(minutes=1))
    assert decide(again).status == again.run.status


def outcome(status: dict[str, Any], state: JobState) -> Outcome | None:
    return decide(seen(status, job(state))).status.outcome


def test_the_deadline_is_one_of_running_time() -> None:
    assert outcome(in_phase(Phase.RUNNING, 4 * HOUR), JobState.TRAINING) is Outcome.FAILED
    assert outcome(in_phase(Phase.RUNNING, HOUR, 3 * HOUR), JobState.TRAINING) is Outcome.FAILED
    assert outcome(in_phase(Phase.RUNNING, HOUR, 2 * HOUR), JobState.TRAINING) is None


def test_a_suspended_job_waits_as_long_as_it_takes() -> None:
    assert outcome(in_phase(Phase.QUEUED, timedelta(days=30), 3 * HOUR), JobState.QUEUED) is None


HALF_HOUR = timedelta(minutes=30)
NO_NODE = Waiting(Reason.UNSCHEDULABLE, "no node fits the pod: 1 Insufficient nvidia.com/gpu")
FORBIDDEN = "the Job may not be made: exceeded quota: q"
PENDING_TOO_LONG: dict[str, tuple[Observed, str]] = {
    "a pod that waits, with why": (
        seen(in_phase(Phase.PENDING, HALF_HOUR), job(JobState.PENDING, waiting=NO_NODE)),
        "nothing started within training.pendingDeadline, 30m: no node fits the pod: 1 Insufficient nvidia.com/gpu",
    ),
    "a Job that may not be made, with why": (
        seen(
            {"clock": in_phase(Phase.PENDING, HALF_HOUR)["clock"], "message": FORBIDDEN},
            JobView(JobState.MISSING),
        ),
        f"30m: {FORBIDDEN}",
    ),
    "a judge that waits after training": (
        seen(in_phase(Phase.PENDING, HALF_HOUR), job(JobState.JUDGING, waiting=NO_NODE)),
        "no node fits the pod",
    ),
}


@pytest.mark.parametrize("name", PENDING_TOO_LONG)
def test_pending_too_long(name: str) -> None:
    observed, words = PENDING_TOO_LONG[name]
    status = decide(observed).status
    finished = next(c for c in status.conditions if c.type == "Finished")
    assert (status.outcome, finished.reason) == (Outcome.FAILED, "PendingTooLong")
    assert first_answer(CHECKS, observed) == "pending_too_long"
    assert words in finished.message


IN_TIME: dict[str, tuple[dict[str, Any], JobState]] = {
    "a wait that is shorter": (in_phase(Phase.PENDING, HALF_HOUR - timedelta(seconds=1)), JobState.PENDING),
    "in the queue": (in_phase(Phase.QUEUED, HOUR), JobState.QUEUED),
    "out of the queue just now": (in_phase(Phase.QUEUED, HOUR), JobState.PENDING),
    "started just now": (in_phase(Phase.PENDING, HOUR), JobState.TRAINING),
    "a second wait after the first": (in_phase(Phase.RUNNING, HOUR), JobState.PENDING),
}


@pytest.mark.parametrize("name", IN_TIME)
def test_not_pending_too_long(name: str) -> None:
    assert outcome(*IN_TIME[name]) is None


def test_why_a_pod_waits_is_a_condition_whose_time_is_that_of_its_turn() -> None:
    first = decide(seen(STARTED, job(JobState.PENDING))).status
    later = seen(first.to_json(), job(JobState.PENDING, waiting=NO_NODE), now=NOW + timedelta(minutes=1))
    trained = decide(later).status.conditions[0]
    assert (trained.type, trained.status, trained.reason) == ("Trained", "Unknown", "Unschedulable")
    assert (trained.message, trained.last_transition_time) == (NO_NODE.message, NOW)


WAITS = job(JobState.PENDING, waiting=NO_NODE)
ALREADY = {"conditions": [condition("Trained", "Unknown") | {"reason": "Unschedulable"}]}
EVENTS: dict[str, tuple[Observed, list[tuple[str, str]]]] = {
    "a reason that is new": (seen(STARTED, WAITS), [("Unschedulable", NO_NODE.message)]),
    "the same reason as before": (seen(STARTED | ALREADY, WAITS), []),
    "a queue": (seen(STARTED, job(JobState.QUEUED, waiting=Waiting(Reason.QUEUED, "no quota"))), []),
    "nothing is in the way": (seen(STARTED, job(JobState.PENDING)), []),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_says_once_what_a_pod_waits_for(name: str) -> None:
    observed, want = EVENTS[name]
    assert [(event.reason, event.message) for event in decide(observed).events] == want


RUNS = {"message": "Training", "conditions": [condition("Trained", "Unknown") | {"reason": "Running"}]}
EVICTED = "pod evicted through the API (not counted against backoffLimit): Eviction API: evicting"
RETRIED: dict[str, tuple[Observed, list[tuple[str, str]]]] = {
    "an attempt that has just failed": (
        seen(STARTED | RUNS, job(JobState.TRAINING, error=EVICTED)),
        [("TrainingRetried", f"retrying after: {EVICTED}")],
    ),
    "one that had failed before": (
        seen(STARTED | RUNS | {"message": f"retrying after: {EVICTED}"}, job(JobState.TRAINING, error=EVICTED)),
        [],
    ),
    "one that had failed before its next pod waited": (
        seen(STARTED | ALREADY | {"message": NO_NODE.message}, job(JobState.TRAINING, error=EVICTED)),
        [],
    ),
    "none has failed": (seen(STARTED | RUNS, job(JobState.TRAINING)), []),
}


@pytest.mark.parametrize("name", RETRIED)
def test_an_event_says_once_why_an_attempt_is_retried(name: str) -> None:
    observed, want = RETRIED[name]
    assert [(event.reason, event.message) for event in decide(observed).events] == want


def test_a_job_that_is_suspended_to_end_a_stalled_pod_does_not_wait_for_ever() -> None:
    ending = {"stalledPod": "reviews-1-x", "message": "ending pod reviews-1-x, which has stalled"}
    suspended = job(JobState.QUEUED, pod="reviews-1-x", pod_is_ending=True)
    first = decide(seen(STARTED | ending, suspended)).status
    assert first.clock is not None
    assert first.clock.phase is Phase.PENDING
    late = decide(seen(in_phase(Phase.PENDING, HALF_HOUR) | ending, suspended)).status
    assert late.outcome is Outcome.FAILED
    assert (late.message or "").endswith("30m: ending pod reviews-1-x, which has stalled")


def requeue_after(observed: Observed) -> timedelta | None:
    return decide(observed).requeue_after


def test_a_look_comes_no_later_than_the_deadline() -> None:
    near = in_phase(Phase.RUNNING, 4 * HOUR - timedelta(seconds=3))
    assert requeue_after(seen(near, job(JobState.TRAINING))) == timedelta(seconds=3)
    assert requeue_after(seen(near, job(JobState.QUEUED))) == POLL
    waits = in_phase(Phase.PENDING, HALF_HOUR - timedelta(seconds=4))
    assert requeue_after(seen(waits, job(JobState.PENDING))) == timedelta(seconds=4)
    assert requeue_after(seen(in_phase(Phase.RUNNING, HOUR), job(JobState.TRAINING))) == POLL
