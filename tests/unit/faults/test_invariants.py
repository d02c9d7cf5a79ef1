"""What the observer of the fault tests would see of an operator that breaks its word."""

from dataclasses import replace
from typing import Any

import pytest

from tests.faults.invariants import CHECKPOINT, Document, violations
from tests.support.watched import in_order

ACCEPTED: dict[str, Any] = {"conditions": [{"type": "Accepted", "status": "True"}]}
CHANGE: dict[str, Any] = {"pointerChange": {"new": "new"}}
BACK: dict[str, Any] = {"pointerChange": {"new": "new", "rollbackTime": "now"}}


def run(uid: str = "run", ordinal: int = 1, **status: Any) -> Document:
    spec = {"monitorRef": {"uid": "monitor"}, "ordinal": ordinal}
    return {"kind": "RetrainRun", "metadata": {"uid": uid}, "spec": spec, "status": status}


def job(uid: str, owner: str = "run") -> Document:
    return {"kind": "Job", "metadata": {"uid": uid, "name": uid, "ownerReferences": [{"uid": owner}]}}


def target(pointer: str = "") -> Document:
    meta = {"annotations": {CHECKPOINT: pointer}} if pointer else {}
    return {"kind": "Deployment", "metadata": {}, "spec": {"template": {"metadata": meta}}}


def shadow(uid: str = "shadow", owner: str = "run") -> Document:
    meta = {"uid": uid, "ownerReferences": [{"uid": owner}]}
    return {
        "kind": "Deployment",
        "metadata": meta,
        "spec": {"template": {"metadata": {"annotations": {CHECKPOINT: "new"}}}},
    }


CASES: dict[str, tuple[list[Document], str]] = {
    "as it should be": (
        [target(), run(), job("job"), run(**ACCEPTED), run(**ACCEPTED | CHANGE), target("new")],
        "",
    ),
    "taken back": (
        [target(), run(**ACCEPTED | CHANGE), target("new"), run(**ACCEPTED | BACK), target()],
        "",
    ),
    "a second Job": ([run(), job("one"), job("two")], "G1: 2 Jobs of attempt 1"),
    "a Job of the judge's after a lost report": ([run(), job("one"), run(lostReportTime="now"), job("two")], ""),
    "a third Job": ([run(lostReportTime="now"), job("a"), job("b"), job("c")], "G1: 3 Jobs of attempt 1"),
    "a Job of nobody's": ([run(), job("one", owner="other")], "G1: Job one belongs to no run"),
    "a Job before its run": ([job("one"), run()], "G1: Job one belongs to no run"),
    "two active runs": ([run("a", 1), run("b", 2)], "G1: 2 active runs"),
    "one attempt twice": ([run("a", outcome="Failed"), run("b")], "G1: 2 runs are attempt 1"),
    "written before it was recorded": (
        [target(), run(**ACCEPTED), target("new"), run(**ACCEPTED | CHANGE)],
        "G2: from the initial model to new",
    ),
    "written though the gate said nothing": (
        [target(), run(**CHANGE), target("new")],
        "G2: from the initial model to new",
    ),
    "taken back before it was recorded": (
        [target(), run(**ACCEPTED | CHANGE), target("new"), target(), run(**ACCEPTED | BACK)],
        "G2: from new to the initial model",
    ),
    "promoted again after it was taken back": (
        [target(), run(**ACCEPTED | CHANGE), target("new"), run(**ACCEPTED | BACK), target(), target("new")],
        "G2: from the initial model to new",
    ),
    "a shadow changes no pointer": ([target(), run(), shadow(), shadow()], ""),
    "a second shadow of one run": ([target(), run(), shadow(), shadow("other")], "S: 2 shadows of one run"),
    "a shadow of each run": ([run("a", outcome="Failed"), shadow("one", "a"), run("b", 2), shadow("two", "b")], ""),
    "promoted while the shadow is there": (
        [target(), run(**ACCEPTED | CHANGE), shadow(), target("new")],
        "S: from the initial model to new while a shadow was there",
    ),
}


@pytest.mark.parametrize(("documents", "found"), CASES.values(), ids=CASES)
def test_what_is_violated(documents: list[Document], found: str) -> None:
    """The watches deliver each kind on its own: here the last event first."""
    told = violations(reversed(in_order(documents)))
    assert [text[: len(found)] for text in told] == ([found] if found else [])


def test_a_shadow_that_is_gone_is_in_nobodys_way() -> None:
    events = in_order([target(), run(**ACCEPTED | CHANGE), shadow(), shadow(), target("new")])
    gone = replace(events[3], change="DELETED")
    assert violations([*events[:3], gone, events[4]]) == []
