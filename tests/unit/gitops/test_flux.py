"""The health expressions for Flux, over every situation of a monitor: they say what kstatus says."""

import pytest

from tests.support.flux import evaluate, expressions, holds
from tests.support.gitops import MONITORS, at_generation, created
from tests.support.kstatus import Status, kstatus
from tests.support.samples import monitor_document

EXPRESSIONS = expressions()


@pytest.mark.parametrize("name", MONITORS)
def test_the_expressions_say_what_kstatus_says(name: str) -> None:
    assert evaluate(EXPRESSIONS, MONITORS[name]) is kstatus(MONITORS[name])


def test_all_three_are_said_of_some_monitor() -> None:
    said = {evaluate(EXPRESSIONS, monitor) for monitor in MONITORS.values()}
    assert said == {Status.CURRENT, Status.FAILED, Status.IN_PROGRESS}


def test_a_spec_that_the_operator_hasnt_seen_is_in_progress() -> None:
    assert evaluate(EXPRESSIONS, created()) is Status.IN_PROGRESS
    assert {evaluate(EXPRESSIONS, at_generation(monitor, 2)) for monitor in MONITORS.values()} == {Status.IN_PROGRESS}


def test_a_status_without_conditions_is_in_progress() -> None:
    assert evaluate(EXPRESSIONS, monitor_document() | {"status": {"observedGeneration": 1}}) is Status.IN_PROGRESS


def test_an_expression_that_cant_be_evaluated_is_no_answer() -> None:
    with pytest.raises(ValueError, match="status"):
        holds("has(status.conditions)", monitor_document())
