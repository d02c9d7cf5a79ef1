"""What K says of a monitor, or a run, that a sync would wait for, or fail at, without a reason."""

from typing import Any

import pytest

from refit_operator.api.run import Outcome
from tests.faults.invariants import Document, Seen, violations
from tests.faults.sync import BY_OTHERS
from tests.support.gitops import AWAITING, MONITORS, UNDER_WAY, at_generation, created, ended
from tests.support.watched import in_order

WELL, TRAINING, BREACHED = (
    MONITORS[name] for name in ("a good reading", "a run under way", "the whole server in breach")
)
NO_TARGET, NO_QUERY, NO_MODEL = (
    MONITORS[name] for name in ("no Deployment", "a query that doesn't parse", "nothing to start from")
)
UNREAD = created()


def said(monitor: Document, kind: str, **fields: Any) -> Document:
    """Return the monitor with a condition that says something else, or an additional one."""
    conditions = [one for one in monitor["status"]["conditions"] if one["type"] != kind]
    old = next(
        (one for one in monitor["status"]["conditions"] if one["type"] == kind), monitor["status"]["conditions"][0]
    )
    return monitor | {"status": monitor["status"] | {"conditions": [old | {"type": kind} | fields, *conditions]}}


def without(monitor: Document, kind: str) -> Document:
    """Return the monitor without one of its conditions."""
    conditions = [one for one in monitor["status"]["conditions"] if one["type"] != kind]
    return monitor | {"status": monitor["status"] | {"conditions": conditions}}


def read(monitor: Document, generation: int) -> Document:
    """Return the monitor, with a status of that generation."""
    conditions = [one | {"observedGeneration": generation} for one in monitor["status"]["conditions"]]
    return monitor | {"status": monitor["status"] | {"observedGeneration": generation, "conditions": conditions}}


CHANGED = at_generation(WELL, 2)
RECONCILING = said(TRAINING, "Reconciling", status="True", reason="RunActive")
SUBJECT = "K: ModelMonitor shop/reviews at generation 1 is "
BREAKS: dict[str, tuple[list[Document], list[str]]] = {
    "a run keeps it in progress": ([RECONCILING], ["InProgress, by the documentation Current"]),
    "a run does so after it was current": (
        [WELL, RECONCILING],
        ["InProgress, by the documentation Current", "InProgress, it was Current at this generation"],
    ),
    "not ready because of a breach": (
        [said(BREACHED, "Ready", status="False", reason="BelowThreshold")],
        ["InProgress, by the documentation Current"],
    ),
    "nobody knows whether it can work": (
        [said(WELL, "Ready", status="Unknown", reason="Unknown")],
        ["InProgress, by the documentation Current"],
    ),
    "read, and not said whether it can work": ([without(WELL, "Ready")], ["Current, by the documentation InProgress"]),
    "stalled by what may come in the same sync": (
        [
            said(
                NO_TARGET,
                "Stalled",
                status="True",
                reason="TargetMissing",
                message=NO_TARGET["status"]["conditions"][0]["message"],
            )
        ],
        ["Failed, by the documentation InProgress"],
    ),
    "broken, and the sync waits": ([without(NO_QUERY, "Stalled")], ["InProgress, by the documentation Failed"]),
    "failed for another reason than it isn't ready": (
        [said(NO_QUERY, "Stalled", reason="InvalidSpec")],
        ["Failed, Stalled and Ready say different things"],
    ),
    "failed without a word": (
        [said(said(NO_QUERY, "Stalled", message=""), "Ready", message="")],
        ["Failed, Ready has no message"],
    ),
    "not seen by any operator, and it passes": (
        [UNREAD | {"status": {}}],
        ["Current, by the documentation InProgress"],
    ),
    "ready by what an older spec was": (
        [said(WELL, "Ready", observedGeneration=0)],
        ["Current, Ready is of another generation than the one that was read"],
    ),
    "a target is gone in a loop": ([WELL, NO_TARGET], ["InProgress, it was Current at this generation"]),
    "a query is refused in a loop": ([WELL, NO_QUERY], ["Failed, it was Current at this generation"]),
    "a spec is forgotten": (
        [WELL, read(WELL, 0)],
        ["InProgress, generation 1 was read before", "InProgress, it was Current at this generation"],
    ),
    "a spec from the future": ([read(WELL, 2)], ["InProgress, a generation was read that isn't there yet"]),
}
HOLDS: dict[str, list[Document]] = {
    "made, read, trains, is well again": [UNREAD, WELL, BREACHED, TRAINING, WELL],
    "waits for its target": [UNREAD, NO_TARGET, WELL],
    "broken, then changed": [UNREAD, NO_QUERY, at_generation(NO_QUERY, 2), read(at_generation(WELL, 2), 2)],
    "changed to what can't work": [WELL, CHANGED, read(at_generation(NO_MODEL, 2), 2)],
    "made again under the same name": [
        WELL,
        NO_QUERY | {"metadata": NO_QUERY["metadata"] | {"uid": "another"}},
    ],
    "being deleted": [WELL, WELL | {"metadata": WELL["metadata"] | {"deletionTimestamp": "2026-11-30T12:00:00Z"}}],
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_violated(name: str) -> None:
    documents, wanted = BREAKS[name]
    found = violations(in_order(documents))
    assert [text.partition("; ")[0].removeprefix(SUBJECT) for text in found] == wanted


@pytest.mark.parametrize("name", HOLDS)
def test_what_is_as_documented(name: str) -> None:
    assert violations(in_order(HOLDS[name])) == []


@pytest.mark.parametrize("name", MONITORS)
def test_every_situation_of_a_monitor_is_as_documented(name: str) -> None:
    assert violations(in_order([MONITORS[name]])) == []


def test_every_situation_of_a_run_is_current() -> None:
    runs = [*UNDER_WAY.values(), AWAITING, *map(ended, Outcome)]
    assert violations(in_order(runs)) == []


def test_a_run_that_a_tool_would_wait_for_is_named() -> None:
    run = UNDER_WAY["training"]
    waits = run | {
        "status": run["status"] | {"conditions": [{"type": "Ready", "status": "False", "reason": "Training"}]}
    }
    (found,) = violations(in_order([waits]))
    assert found.startswith(f"K: RetrainRun shop/{run['metadata']['name']} at generation 1 is InProgress, by the")


def test_a_violation_says_by_which_conditions_and_at_which_version() -> None:
    (found,) = violations(in_order([RECONCILING], first=41))
    assert "; observedGeneration 1, Reconciling=True RunActive, Ready=True Monitoring, " in found
    assert found.endswith("(at version 41)")


@pytest.mark.parametrize("taken", [NO_TARGET, NO_QUERY])
def test_what_others_do_to_a_spec_that_worked_is_theirs(taken: Document) -> None:
    assert violations(in_order([WELL, taken, WELL]), BY_OTHERS) == []


def test_a_spec_that_worked_becomes_invalid_by_nobody() -> None:
    (found,) = violations(in_order([WELL, NO_MODEL]), BY_OTHERS)
    assert "it was Current at this generation" in found


def test_what_is_gone_is_no_version() -> None:
    assert violations([Seen("DELETED", one.object) for one in in_order([RECONCILING])]) == []
