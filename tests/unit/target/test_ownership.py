"""Whose word counts: derived from the runs, so that no status can be forged into a promotion."""

from typing import Any

import pytest

from refit_operator.api.run import RetrainRun
from refit_operator.target.rules.ownership import (
    expected_pointer,
    is_another_target,
    is_overruled,
    pointer_before,
    promoted_by,
    rolled_back_digests,
)
from tests.support.samples import NEW_DIGEST, NOW, make_run


def run(
    ordinal: int, outcome: str | None, old: str, new: str, rolled_out: bool = True, reason: str = "Test"
) -> RetrainRun:
    change = {"targetUid": "t", "old": old, "new": new, "time": NOW.isoformat()}
    finished = {"type": "Finished", "status": "True", "reason": reason, "lastTransitionTime": NOW.isoformat()}
    status: dict[str, Any] = {"outcome": outcome, "pointerChange": change, "conditions": [finished]}
    status["result"] = {"candidate": {"digest": NEW_DIGEST}}
    return make_run(ordinal, live=old, status=status | ({"rolledOutTime": NOW.isoformat()} if rolled_out else {}))


PROMOTED = run(1, "Promoted", "", "a")
ROLLED_BACK = run(2, "RolledBack", "a", "b")
NEVER_READY = run(2, "RolledBack", "a", "b", rolled_out=False)
ACTIVE = run(2, None, "a", "b")
UNDONE = run(2, "Superseded", "a", "b", rolled_out=False, reason="Overruled")
REJECTED = make_run(2, status={"outcome": "Rejected"})


@pytest.mark.parametrize(
    ("runs", "want"),
    [
        ((), None),
        ((PROMOTED,), "a"),
        ((PROMOTED, REJECTED), "a"),
        ((PROMOTED, ROLLED_BACK), "a"),
        ((PROMOTED, NEVER_READY), "a"),
        ((PROMOTED, ACTIVE), "a"),
        ((run(1, "RolledBack", "", "a"),), ""),
        ((run(1, "RolledBack", "", "a", rolled_out=False),), None),
        ((run(1, "Failed", "", "a", rolled_out=False, reason="RollbackBlocked"),), "a"),
        ((PROMOTED, run(2, "Promoted", "a", "b")), "b"),
        ((PROMOTED, run(2, "Superseded", "a", "b")), "b"),
        ((PROMOTED, UNDONE), "b"),
        ((PROMOTED, run(2, "Failed", "a", "b", rolled_out=False, reason="TargetReplaced")), "a"),
    ],
)
def test_expected_pointer(runs: tuple[RetrainRun, ...], want: str | None) -> None:
    assert expected_pointer(runs) == want


@pytest.mark.parametrize(
    ("live", "taken", "runs", "want"),
    [
        ("anything", None, (), False),
        ("a", None, (PROMOTED,), False),
        ("", None, (PROMOTED,), True),
        ("older", None, (PROMOTED,), True),
        ("older", "older#1", (PROMOTED,), False),
        ("", "#1", (PROMOTED,), False),
        ("older", "another#1", (PROMOTED,), True),
        ("", "#1", (PROMOTED, run(2, "Promoted", "", "b")), True),
        ("", "#2", (PROMOTED, run(2, "Promoted", "", "b")), False),
        ("a", None, (PROMOTED, UNDONE), True),
        ("a", "a#2", (PROMOTED, UNDONE), False),
        ("b", None, (PROMOTED, ACTIVE), False),
        ("a", None, (PROMOTED, ACTIVE), False),
        ("", None, (PROMOTED, make_run(2)), True),
    ],
)
def test_is_overruled(live: str, taken: str | None, runs: tuple[RetrainRun, ...], want: bool) -> None:
    assert is_overruled(live, taken, runs) is want


@pytest.mark.parametrize(
    ("uid", "runs", "want"), [("t", (), False), ("t", (PROMOTED,), False), ("another", (PROMOTED, REJECTED), True)]
)
def test_is_another_target(uid: str, runs: tuple[RetrainRun, ...], want: bool) -> None:
    assert is_another_target(uid, runs) is want


def test_promoted_by_is_the_run_that_wrote_the_live_pointer() -> None:
    assert promoted_by("a", (PROMOTED, REJECTED)) is PROMOTED
    assert promoted_by("", (PROMOTED,)) is None
    assert promoted_by("b", (NEVER_READY,)) is None


def test_what_was_taken_back_is_remembered() -> None:
    assert rolled_back_digests((PROMOTED, ROLLED_BACK)) == {NEW_DIGEST}
    assert rolled_back_digests((PROMOTED, REJECTED)) == frozenset()


def test_what_a_person_had_taken_back_is_remembered_and_never_gone_back_to() -> None:
    promoted, again = run(1, "Promoted", "", "a@x"), run(2, "Promoted", "a@x", "b@y")
    restored = make_run(
        3, live="b@y", status=run(3, "Restored", "b@y", "a@x").status.to_json() | {"result": {}}, restorePointer="a@x"
    )
    assert rolled_back_digests((promoted, again, restored)) == {"y"}
    assert pointer_before("b@y", (promoted, again)) == "a@x"
    assert pointer_before("a@x", (promoted, again, restored)) == ""
    assert pointer_before("", (promoted, again)) is None


def test_a_rollback_that_was_refused_is_remembered_too() -> None:
    change = run(1, None, "", "a").status.pointer_change
    assert change is not None
    refused = run(1, "Failed", "", "a").status.model_copy(
        update={"pointer_change": change.model_copy(update={"rollback_time": NOW})}
    )
    assert rolled_back_digests((make_run(1, status=refused.to_json()),)) == {NEW_DIGEST}
