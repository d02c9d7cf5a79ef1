"""The page of Events has each reason that the code posts and no condition has."""

from typing import get_args, get_type_hints

import pytest

from refit_operator.api.events import Event
from tests.reference import events
from tests.reference.events import MEANINGS, page, posted


def test_what_the_code_posts_is_found() -> None:
    assert {"RetrainStarted", "MetricBreached", "RetrainHeld", "ReconcileFailed", "LeaderElection"} <= posted()
    assert MEANINGS.keys() <= posted()


def test_a_type_is_one_that_an_event_may_have() -> None:
    assert {kind for _, kind, _ in MEANINGS.values()} == set(get_args(get_type_hints(Event)["type"]))


@pytest.mark.parametrize("wrong", [{"RetrainForgotten"}, {"RetrainStarted"}], ids=["lacking", "gone"])
def test_a_difference_between_table_and_code_is_named(wrong: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "posted", lambda: MEANINGS.keys() ^ wrong)
    with pytest.raises(ValueError, match=min(wrong)):
        page()


def test_a_reason_of_a_condition_needs_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "posted", lambda: {*MEANINGS, "GaveUp"})
    assert "`GaveUp`" not in page()
