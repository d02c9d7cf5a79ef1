"""What is deleted and what stays: for each history the ordinals, and for each Job whether it goes."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.run import RetrainRun
from refit_operator.run.rules.prune import History, jobs_to_delete, runs_to_delete
from tests.support.samples import NEW_DIGEST, NOW, make_run


def ago(**time: float) -> str:
    return (NOW - timedelta(**time)).isoformat()


def pointer(ordinal: int) -> str:
    return f"file:///models/{ordinal}@sha256:{ordinal:064d}"


def run(ordinal: int, outcome: str | None = "Rejected", old: int | None = None) -> RetrainRun:
    """A run; with `old`, one that rolled out over the checkpoint of that run (0: over none)."""
    status: dict[str, Any] = {"outcome": outcome, "completionTime": ago(hours=1)} if outcome else {}
    if old is not None:
        change = {"targetUid": "t", "old": pointer(old) if old else "", "new": pointer(ordinal), "time": ago(hours=2)}
        status |= {"pointerChange": change, "rolledOutTime": ago(hours=2)}
        status |= {"result": {"candidate": {"digest": NEW_DIGEST}}}
    return make_run(ordinal, live=pointer(old) if old else "", status=status)


def rejected(*ordinals: int) -> tuple[RetrainRun, ...]:
    return tuple(run(ordinal) for ordinal in ordinals)


RUNS: dict[str, tuple[tuple[RetrainRun, ...], str | None, list[int]]] = {
    "none": ((), "", []),
    "as many as the limit": (rejected(1, 2, 3), "", []),
    "the oldest go first": (rejected(1, 2, 3, 4, 5), "", [1, 2]),
    "the order they are listed in is no matter": (rejected(5, 3, 1, 2, 4), "", [1, 2]),
    "an active run is none of them, however old": ((run(1, None), *rejected(2, 3, 4, 5)), "", [2]),
    "the served one stays": ((run(1, "Promoted", 0), *rejected(2, 3, 4, 5)), pointer(1), [2]),
    "so does the one before it": (
        (run(1, "Promoted", 0), run(2, "Promoted", 1), *rejected(3, 4, 5, 6)),
        pointer(2),
        [3],
    ),
    "the one before that may go": (
        (run(1, "Promoted", 0), run(2, "Promoted", 1), run(3, "Promoted", 2), *rejected(4, 5, 6)),
        pointer(3),
        [1],
    ),
    "what a person went back to stays, and what they left": (
        (run(1, "Promoted", 0), run(2, "Promoted", 1), run(3, "Promoted", 2), *rejected(4, 5, 6)),
        pointer(1),
        [],
    ),
    "the newest rollout stays though a person removed its pointer": (
        (run(1, "Promoted", 0), *rejected(2, 3, 4, 5)),
        "",
        [2],
    ),
    "weights that were taken back are remembered": ((run(1, "RolledBack", 0), *rejected(2, 3, 4, 5)), "", [2]),
    "but not for ever": (
        (*(run(ordinal, "RolledBack", 0) for ordinal in range(1, 6)), *rejected(6, 7, 8)),
        "",
        [1, 2],
    ),
    "superseded ones push out none that the breaker counts": (
        (*rejected(1, 2, 3, 4), *(run(ordinal, "Superseded") for ordinal in range(5, 10))),
        "",
        [1, 5, 6],
    ),
    "without a target nobody knows what serves": (rejected(1, 2, 3, 4, 5), None, []),
}


@pytest.mark.parametrize(("runs", "live", "want"), RUNS.values(), ids=RUNS)
def test_the_runs_that_go(runs: tuple[RetrainRun, ...], live: str | None, want: list[int]) -> None:
    history = History(runs, (), live, NOW)
    assert [old.spec.ordinal for old in runs_to_delete(history, limit=3)] == want


@pytest.mark.parametrize("limit", [1, 0, -1])
def test_the_newest_run_stays_whatever_the_limit(limit: int) -> None:
    assert [old.spec.ordinal for old in runs_to_delete(History(rejected(1, 2), (), "", NOW), limit)] == [1]


def test_once_deleted_there_is_nothing_more_to_delete() -> None:
    for runs, live, _ in RUNS.values():
        gone = runs_to_delete(History(runs, (), live, NOW), limit=3)
        left = tuple(run for run in runs if run not in gone)
        assert runs_to_delete(History(left, (), live, NOW), limit=3) == ()


def job(ordinal: int, ended: str | None = "Complete", owner: str | None = None, **since: float) -> dict[str, Any]:
    conditions = (
        [{"type": ended, "status": "True", "lastTransitionTime": ago(**since or {"hours": 1})}] if ended else []
    )
    return {
        "metadata": {
            "name": f"reviews-{ordinal}",
            "creationTimestamp": ago(hours=100 - ordinal),
            "ownerReferences": [{"controller": True, "uid": owner or f"run-{ordinal}-uid"}],
        },
        "status": {"conditions": conditions},
    }


JOBS: dict[str, tuple[tuple[dict[str, Any], ...], list[str]]] = {
    "the newest stays": ((job(2),), []),
    "an older one goes": ((job(1), job(2)), ["reviews-1"]),
    "a failed one stays for a day": ((job(1, "Failed", hours=23), job(2)), []),
    "and goes after it": ((job(1, "Failed", hours=25), job(2)), ["reviews-1"]),
    "the newest stays, failed or not": ((job(2, "Failed", hours=99),), []),
    "one at work for a run that ended": ((job(2, None),), ["reviews-2"]),
    "one of an active run": ((job(1), job(3, None)), ["reviews-1"]),
    "one that is over, of an active run": ((job(3), job(2)), ["reviews-2"]),
    "a stranger's": ((job(1, owner="stranger"), job(2)), []),
}


@pytest.mark.parametrize(("jobs", "want"), JOBS.values(), ids=JOBS)
def test_the_jobs_that_go(jobs: tuple[dict[str, Any], ...], want: list[str]) -> None:
    runs = (*rejected(1, 2), run(3, None))
    assert [old["metadata"]["name"] for old in jobs_to_delete(History(runs, jobs, "", NOW))] == want


def test_a_job_whose_run_has_just_ended_may_end_by_itself() -> None:
    just = make_run(1, status={"outcome": "Promoted", "completionTime": ago(minutes=4)})
    assert jobs_to_delete(History((just,), (job(1, None),), "", NOW)) == ()
