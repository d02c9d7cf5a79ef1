"""What the fault tests say of a mass of breaches that an operator doesn't handle once each."""

from typing import Any

import pytest

from tests.faults.each_once import Crowd, problems_of
from tests.faults.invariants import Document
from tests.support.gitops import MONITORS
from tests.support.watched import in_order

CROWD = Crowd(frozenset([("shop", "a"), ("shop", "b")]), frozenset([("shop", "well")]), most=1)


def run(uid: str, monitor: str, ordinal: int = 1, **status: Any) -> Document:
    spec = {"monitorRef": {"uid": f"uid of {monitor}", "name": monitor}, "ordinal": ordinal}
    return {"kind": "RetrainRun", "metadata": {"uid": uid, "namespace": "shop"}, "spec": spec, "status": status}


def job(uid: str, owner: str) -> Document:
    return {"kind": "Job", "metadata": {"uid": uid, "name": uid, "ownerReferences": [{"uid": owner}]}}


A, B = [run("ra", "a"), job("ja", "ra"), run("ra", "a", outcome="Failed")], [run("rb", "b"), job("jb", "rb")]
CASES: dict[str, tuple[list[Document], list[str]]] = {
    "one each": ([*A, *B], []),
    "a run without its Job": ([*A, B[0]], ["M1: 1 monitors don't have one of Jobs: shop/b 0"]),
    "a breach without a run": (
        A,
        ["M1: 1 monitors don't have one of runs: shop/b 0", "M1: 1 monitors don't have one of Jobs: shop/b 0"],
    ),
    "two runs, one after the other": (
        [*A, run("again", "a", 2, outcome="Failed"), *B],
        ["M1: 1 monitors don't have one of runs: shop/a 2"],
    ),
    "two Jobs of a run": (
        [*A, job("second", "ra"), *B],
        ["G1: 2 Jobs of attempt 1 (at version 12)", "M1: 1 monitors don't have one of Jobs: shop/a 2"],
    ),
    "a Job of no run": ([*A, *B, job("stray", "nobody")], ["G1: Job stray belongs to no run (at version 14)"]),
    "a run of a monitor that is well": (
        [*A, *B, run("rw", "well")],
        ["M1: 1 monitors have runs without a breach: shop/well 1"],
    ),
    "a run of nobody's": ([*A, *B, run("rx", "x")], ["M1: 1 monitors have runs, and nobody knows them: shop/x 1"]),
    "two with a Job at once": (
        [*A[:2], *B, A[2]],
        ["M2: 2 unfinished runs have a Job, 1 may (at version 12)"],
    ),
}


@pytest.mark.parametrize(("documents", "found"), CASES.values(), ids=CASES)
def test_what_is_violated(documents: list[Document], found: list[str]) -> None:
    """The watches deliver each kind on its own: here the last event first."""
    assert problems_of(reversed(in_order(documents)), CROWD) == found


def test_a_run_that_was_deleted_has_no_job_at_work() -> None:
    gone = in_order([run("ra", "a")], "DELETED", first=20)
    assert problems_of([*in_order(A[:2]), *gone, *in_order(B, first=21)], CROWD) == []


def test_any_number_at_once_where_there_is_no_limit() -> None:
    crowd = Crowd(CROWD.breached, CROWD.healthy)
    assert problems_of(in_order([*A[:2], *B]), crowd) == []


def test_monitors_are_judged_as_a_sync_judges_them_and_are_no_runs() -> None:
    well, gone = MONITORS["a good reading"], MONITORS["no Deployment"]
    seen = in_order([*A, *B])
    assert problems_of([*seen, *in_order([well], first=20)], CROWD) == []
    (found,) = problems_of([*seen, *in_order([well, gone], first=20)], CROWD)
    assert found.startswith("K: ModelMonitor shop/reviews at generation 1 is InProgress, it was Current")
