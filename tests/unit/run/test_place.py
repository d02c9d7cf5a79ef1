"""A run without a place: no Job, no deadline, hardly a write; and which runs count as under way."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, RetrainRun, Stage
from refit_operator.api.selection import EVERYWHERE
from refit_operator.places.rules.places import Places
from refit_operator.places.rules.waiting import UNLIMITED, Limits, Place, Uncounted, waiting
from refit_operator.ports import Ports
from refit_operator.prometheus.rules.mass_breach import MassBreachDetector
from refit_operator.run.observe import observe
from refit_operator.run.places import is_under_way, place_of, restore_places
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import CreateJob
from refit_operator.run.rules.views.job import JobState, JobView
from tests.support.runs import ACCEPTED, RUN, STARTED, TRAINED, actions, job, seen
from tests.support.samples import NOW, make_monitor, make_run

MISSING = JobView(JobState.MISSING)
UID, REVIEWS = RUN.metadata.uid, Ref("shop", "reviews")


def at(number: int, of: int = 400) -> Place:
    return Place(number, of, "REFIT_MAX_CONCURRENT_RUNS", 4)


def test_a_run_without_a_place_has_no_job_and_says_where_it_waits() -> None:
    decision = decide(seen(place=at(12)))
    words = "waits at place 12 of 400: REFIT_MAX_CONCURRENT_RUNS allows 4 runs at once"
    assert (decision.actions, decision.events, decision.requeue_after) == ((), (), None)
    assert (decision.status.stage, decision.status.place, decision.status.message) == (Stage.QUEUED, 12, words)
    [trained] = decision.status.conditions
    assert (trained.type, trained.status, trained.reason, trained.message) == (
        "Trained",
        "Unknown",
        Reason.NO_PLACE,
        words,
    )


def test_a_place_that_is_free_shows_no_number_any_more() -> None:
    waits = decide(seen(place=at(12))).status
    started = decide(seen(waits.to_json()))
    assert (actions(started), started.status.place) == ([CreateJob], None)


def test_its_shown_place_is_written_when_it_has_moved_by_a_tenth() -> None:
    status, writes = decide(seen(place=at(1000))).status, 1
    for number in range(999, 0, -1):
        found = decide(seen(status.to_json(), place=at(number))).status
        writes += found != status
        status = found
        assert status.place is not None
        assert abs(status.place - number) <= number / 9
    assert (status.place, writes < 60) == (1, True)


def test_the_first_ten_see_how_many_wait() -> None:
    status = decide(seen(place=at(3, of=3))).status
    assert decide(seen(status.to_json(), place=at(3, of=3))).status == status
    assert "place 3 of 4:" in (decide(seen(status.to_json(), place=at(3, of=4))).status.message or "")


def test_its_deadlines_count_from_its_place() -> None:
    waits = decide(seen(place=at(12))).status
    later = NOW + timedelta(days=9)
    decision = decide(seen(waits.to_json(), now=later))
    assert (actions(decision), decision.status.outcome) == ([CreateJob], None)
    pending = decide(seen(decision.status.to_json(), job(JobState.PENDING), now=later)).status
    pending = decide(seen(pending.to_json(), job(JobState.PENDING), now=later)).status
    assert pending.clock is not None
    assert pending.clock.since == later


def test_a_run_that_waits_ends_like_any_other() -> None:
    assert decide(seen(place=at(12), superseded_by="gate")).status.outcome is Outcome.SUPERSEDED
    assert decide(seen(place=at(12), rollback_requested=True)).status.outcome is Outcome.ABORTED


def test_nothing_is_written_while_the_runs_under_way_are_counted() -> None:
    observed = seen(place=Uncounted())
    decision = decide(observed)
    assert (decision.status, decision.actions) == (observed.run.status, ())


UNDER_WAY: dict[str, tuple[RetrainRun, JobView, bool]] = {
    "a new run": (RUN, MISSING, False),
    "its Job is there and not recorded": (RUN, job(JobState.PENDING), True),
    "a queue of Kueue's holds it": (make_run(status=STARTED), job(JobState.QUEUED), True),
    "its Job was deleted": (make_run(status=STARTED), MISSING, True),
    "between the Job that trains and the one that judges": (
        make_run(status=STARTED | {"lostReportTime": NOW.isoformat()}),
        MISSING,
        True,
    ),
    "its reports aren't recorded": (make_run(status=STARTED), job(JobState.SUCCEEDED), True),
    "it is trained and its Job goes on": (make_run(status=TRAINED), job(JobState.JUDGING), True),
    "it is trained": (make_run(status=TRAINED), job(JobState.SUCCEEDED), False),
    "it is trained and its Job is gone": (make_run(status=ACCEPTED), MISSING, False),
    "a rollback": (make_run(restorePointer=""), MISSING, False),
}


@pytest.mark.parametrize("name", UNDER_WAY)
def test_a_run_is_under_way(name: str) -> None:
    run, view, want = UNDER_WAY[name]
    assert is_under_way(run, view) is want


def full() -> Places:
    places = Places(Limits(1))
    places.restore({"other": Ref("shop", "other")}, ())
    return places


def test_a_rollback_never_waits() -> None:
    places = full()
    assert place_of(make_run(restorePointer=""), MISSING, places) is None
    assert list(places.under_way()) == ["other"]


def test_a_run_with_a_job_needs_no_place_and_counts() -> None:
    places = full()
    assert place_of(RUN, job(JobState.TRAINING), places) is None
    assert set(places.under_way()) == {"other", UID}


def test_a_place_is_free_once_the_run_is_trained_and_its_job_over() -> None:
    places = full()
    place_of(make_run(status=STARTED), job(JobState.JUDGING), places)
    place_of(make_run(status=TRAINED), job(JobState.JUDGING), places)
    assert UID in places.under_way()
    place_of(make_run(status=TRAINED), job(JobState.SUCCEEDED), places)
    assert UID not in places.under_way()


def test_without_limits_nothing_is_kept() -> None:
    places = Places(UNLIMITED)
    assert place_of(RUN, MISSING, places) is None
    assert place_of(RUN, job(JobState.TRAINING), places) is None
    assert places.under_way() == {}


class Listed:
    """A stand-in for the API server: lists of runs and Jobs, and no object by its name."""

    def __init__(self, runs: list[Any], jobs: list[Any]) -> None:
        self.lists = {"RetrainRun": runs, "Job": jobs}

    async def list_objects(self, kind: tuple[str, str], *_: Any, **__: Any) -> list[Any]:
        return self.lists[kind[1]]

    async def read(self, *_: Any) -> None:
        return None


class NoReadings:
    """A stand-in for Prometheus, which isn't asked before a rollout."""

    interval, query_range = timedelta(minutes=1), timedelta(0)

    def grid_of(self, *_: Any) -> Any:
        return self

    def next_reading(self, now: Any) -> Any:
        return now


async def test_a_run_takes_its_place_as_it_is_observed() -> None:
    places = Places(Limits(1))
    places.restore({}, ())
    ports = Ports(Listed([], []), NoReadings(), MassBreachDetector(), places=places)  # type: ignore[arg-type]
    assert (await observe(RUN, make_monitor(), (RUN,), ports, NOW)).place is None
    other = make_run(2)
    observed = await observe(other, make_monitor(), (other,), ports, NOW)
    assert (observed.place, decide(observed).actions) == (Place(1, 1, "REFIT_MAX_CONCURRENT_RUNS", 1), ())


def stored(ordinal: int, **status: Any) -> dict[str, Any]:
    run = make_run(ordinal, status=status)
    return run.model_dump(mode="json", by_alias=True) | {"kind": "RetrainRun"}


def job_of(ordinal: int, *conditions: str) -> dict[str, Any]:
    owner = {"kind": "RetrainRun", "name": "x", "uid": make_run(ordinal).metadata.uid, "controller": True}
    ends = [{"type": kind, "status": "True"} for kind in conditions]
    return {"metadata": {"name": "j", "ownerReferences": [owner]}, "spec": {}, "status": {"conditions": ends}}


async def test_after_a_restart_runs_and_jobs_say_who_has_a_place() -> None:
    """Run 1 waits; 2 and 8 have a Job that they haven't recorded, which has failed for 8; 3 has recorded one.

    4 is trained, 5 has ended, 6 doesn't parse, and 9 is nobody's run.
    """
    runs = [
        stored(1),
        stored(2),
        stored(3, jobRef="j"),
        stored(4, **TRAINED),
        stored(5, outcome="Promoted", jobRef="j"),
        stored(6) | {"spec": {}},
        stored(8),
    ]
    places = Places(Limits(4))
    cluster: Any = Listed(runs, [job_of(2), job_of(4, "Complete"), job_of(5), job_of(8, "Failed"), job_of(9)])
    await restore_places(cluster, "", EVERYWHERE, places)
    assert set(places.under_way()) == {make_run(n).metadata.uid for n in (2, 3, 8)}
    assert places.next_monitors() == [REVIEWS]
    assert places.ask(waiting(make_run(1))) is None
    assert place_of(make_run(7), MISSING, places) == Place(1, 1, "REFIT_MAX_CONCURRENT_RUNS", 4)
