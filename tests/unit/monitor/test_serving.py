"""Whether the target runs what the monitor says it serves."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.serving import CHECKS, serving_verdict
from refit_operator.target.rules.view import parse_target
from tests.support.checks import first_answer, reason_of
from tests.support.monitor_cases import HELD
from tests.support.monitors import promoted, seen, unwired
from tests.support.samples import NEW_DIGEST, NOW, deployment, make_run, merge

OLD, NEW = "file:///models/a@x", f"file:///models/b@{NEW_DIGEST}"
TIME = (NOW - timedelta(hours=2)).isoformat()
CHANGE = {"targetUid": "target-uid", "old": OLD, "new": NEW, "time": TIME}
OUT = {"rolledOutTime": TIME}


def second(change: dict[str, Any], **status: Any) -> Any:
    return make_run(2, live=OLD, status={"pointerChange": CHANGE | change, "message": "1 of 2 pods", **status})


def ended(outcome: str, reason: str) -> Any:
    finished = {"type": "Finished", "status": "True", "reason": reason, "message": "why", "lastTransitionTime": TIME}
    return second({}, outcome=outcome, conditions=[finished])


def after(run: Any, pointer: str, spec: dict[str, Any] | None = None, **status: Any) -> Observed:
    """Return a look at a target some time after its first promotion, while that run is the newest."""
    target = parse_target(merge(deployment(pointer, **status), {"spec": spec or {}}))
    return seen(runs=(promoted(OLD), run), target=target)


BLOCKED = ended("RolledBack", "RollbackBlocked")
NEXT = make_run(3, live=OLD, status={"pointerChange": CHANGE, **OUT})
VERDICTS = {
    "nothing was ever promoted": (seen(), "True", "Served"),
    "no target": (HELD["no Deployment"][0], "False", "TargetMissing"),
    "rolling out": (after(second({}), NEW), "Unknown", "RollingOut"),
    "in the verification": (after(second({}, **OUT), NEW), "True", "Served"),
    "rolling back from the verification": (after(second({"rollbackTime": TIME}, **OUT), OLD), "Unknown", "RollingOut"),
    "an undo": (HELD["an undo after a promotion"][0], "False", "Overruled"),
    "made anew": (HELD["a target made anew after a promotion"][0], "False", "TargetReplaced"),
    "nobody reads it": (seen(target=unwired()), "Unknown", "TargetNotWired"),
    "another manager's pointer": (after(ended("Failed", "FieldConflict"), OLD), "False", "FieldConflict"),
    "paused while rolled back": (after(BLOCKED, OLD, {"paused": True}), "False", "RollbackBlocked"),
    "not rolled back": (after(ended("Failed", "RollbackBlocked"), NEW), "False", "RollbackBlocked"),
    "halted in the verification after a rollback that was blocked": (
        seen(
            runs=(promoted(OLD), BLOCKED, NEXT), target=parse_target(merge(deployment(NEW), {"spec": {"replicas": 0}}))
        ),
        "True",
        "Served",
    ),
    "in the verification after another manager's pointer": (
        seen(runs=(promoted(OLD), ended("Failed", "FieldConflict"), NEXT), target=parse_target(deployment(NEW))),
        "True",
        "Served",
    ),
    "rolled back at last": (after(BLOCKED, OLD), "True", "Served"),
    "rolled back": (after(ended("RolledBack", "RolledBack"), OLD), "True", "Served"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_serving_verdict(name: str) -> None:
    observed, status, reason = VERDICTS[name]
    assert serving_verdict(observed)[:2] == (status, reason)
    assert reason == Reason.SERVED or reason_of(first_answer(CHECKS, observed)) == reason


def test_nobody_says_what_serves_where_nobody_reads_the_pointer() -> None:
    assert seen(target=unwired()).served is None
