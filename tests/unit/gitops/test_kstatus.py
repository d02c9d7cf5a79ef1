"""A breach, and all that a run does, leaves a sync alone; a spec that is broken, or not seen yet, doesn't pass."""

import pytest

from refit_operator.api.conditions import ConditionType
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome
from refit_operator.monitor.rules.readiness import READINESS
from tests.support.checks import reason_of
from tests.support.gitops import AWAITING, MONITORS, SITUATIONS, UNDER_WAY, at_generation, created, ended, reason
from tests.support.kstatus import BROKEN, LACKING, Status, kstatus
from tests.support.samples import monitor_document


@pytest.mark.parametrize("name", MONITORS)
def test_only_a_spec_that_cant_work_keeps_a_sync_from_passing(name: str) -> None:
    ready = reason(MONITORS[name], "Ready")
    expected = Status.FAILED if ready in BROKEN else Status.IN_PROGRESS if ready in LACKING else Status.CURRENT
    assert kstatus(MONITORS[name]) is expected


def test_no_breach_and_no_run_keeps_a_sync_from_passing() -> None:
    works = {name: each for name, each in SITUATIONS.items() if reason(MONITORS[name], "Ready") not in BROKEN | LACKING}
    breached = [name for name, situation in works.items() if situation.is_breached]
    with_a_run = [name for name, situation in works.items() if situation.active_run]
    assert len(breached) > 20 and with_a_run
    assert {kstatus(MONITORS[name]) for name in [*breached, *with_a_run]} == {Status.CURRENT}


def test_every_reason_not_to_be_ready_is_among_the_situations() -> None:
    needed = {str(reason_of(check.__name__)) for check in READINESS}
    assert needed == BROKEN | LACKING
    assert needed - {reason(monitor, "Ready") for monitor in MONITORS.values()} == set()


@pytest.mark.parametrize("kind", [kind for kind in ConditionType if kind not in ("Ready", "Stalled")])
def test_no_reason_of_another_condition_keeps_a_sync_from_passing(kind: str) -> None:
    ready = {"type": "Ready", "status": "True", "reason": "Monitoring"}
    for why in Reason:
        for truth in ("True", "False", "Unknown"):
            status = {"conditions": [{"type": kind, "status": truth, "reason": why}, ready]}
            assert kstatus(monitor_document() | {"status": status}) is Status.CURRENT, (why, truth)


@pytest.mark.parametrize("name", MONITORS)
def test_a_spec_that_the_operator_hasnt_seen_never_passes(name: str) -> None:
    assert kstatus(at_generation(MONITORS[name], 2)) is Status.IN_PROGRESS


def test_a_monitor_that_no_operator_has_seen_doesnt_pass() -> None:
    assert kstatus(monitor_document()) is Status.CURRENT, "without the default, it would"
    assert kstatus(created()) is Status.IN_PROGRESS


@pytest.mark.parametrize("name", UNDER_WAY)
def test_a_run_keeps_no_sync_from_passing(name: str) -> None:
    assert kstatus(UNDER_WAY[name]) is Status.CURRENT


def test_neither_an_end_nor_an_approval_that_is_awaited_does() -> None:
    assert {kstatus(run) for run in (AWAITING, *map(ended, Outcome))} == {Status.CURRENT}


def test_what_is_being_deleted_is_terminating() -> None:
    monitor = MONITORS["five bad ones"]
    going = monitor | {"metadata": monitor["metadata"] | {"deletionTimestamp": "2026-11-24T12:00:00Z"}}
    assert kstatus(going) is Status.TERMINATING


RULES = {
    "Reconciling first": ([("Reconciling", "True"), ("Stalled", "True")], Status.IN_PROGRESS),
    "Stalled first": ([("Stalled", "True"), ("Reconciling", "True")], Status.FAILED),
    "neither is true": ([("Stalled", "False"), ("Reconciling", "False"), ("Ready", "True")], Status.CURRENT),
    "not ready": ([("Ready", "False")], Status.IN_PROGRESS),
    "unknown": ([("Ready", "Unknown")], Status.IN_PROGRESS),
    "nothing said": ([], Status.CURRENT),
}


@pytest.mark.parametrize("name", RULES)
def test_the_port_has_the_rules_of_kstatus(name: str) -> None:
    conditions, expected = RULES[name]
    status = {"conditions": [{"type": kind, "status": truth} for kind, truth in conditions]}
    assert kstatus(monitor_document() | {"status": status}) is expected
