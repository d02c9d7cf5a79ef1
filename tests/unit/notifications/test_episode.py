"""An episode says what led to a run and how that ended; it is news for a day, and until it is recorded as sent."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.run import Outcome
from refit_operator.notifications.rules.episode import SENT_FOR, episode_of, is_news
from tests.support.monitors import finished
from tests.support.samples import NOW, make_run

ENDED = {"message": "0.87 after, 0.80 before", "result": {"checkpoint": "pvc://models/b@sha256:1"}}


def test_an_episode_is_a_breach_its_run_and_the_outcome() -> None:
    found = episode_of(finished(10, "Promoted", 3, status=ENDED))
    assert found
    assert (found.id, str(found.monitor), found.outcome) == ("run-3-uid", "shop/reviews", Outcome.PROMOTED)
    assert found.cause == "accuracy was in breach with 0.8, threshold 0.85"
    assert found.message == ENDED["message"] and found.checkpoint == "pvc://models/b@sha256:1"
    assert found.ended == NOW - timedelta(minutes=10) and found.began == NOW - timedelta(minutes=20)


@pytest.mark.parametrize(
    ("reason", "cause"), [("Manual", "a run was requested"), ("RollbackRequested", "a rollback was requested")]
)
def test_a_request_is_a_cause_too(reason: str, cause: str) -> None:
    found = episode_of(finished(10, trigger={"reason": reason}))
    assert found and found.cause == cause


@pytest.mark.parametrize("outcome", [pytest.param(outcome, id=outcome.value) for outcome in Outcome])
def test_every_outcome_has_its_words(outcome: Outcome) -> None:
    found = episode_of(finished(10, outcome.value))
    assert found and found.title


def test_the_reason_is_that_of_the_end() -> None:
    condition = {"type": "Finished", "status": "True", "reason": "JobDeleted", "lastTransitionTime": NOW.isoformat()}
    found = episode_of(finished(10, "Failed", status={"conditions": [condition]}))
    assert found and found.reason == "JobDeleted"


def test_a_run_under_way_is_no_episode_yet() -> None:
    assert episode_of(make_run(1)) is None and not is_news(make_run(1), NOW)


@pytest.mark.parametrize(
    ("minutes", "status", "news"),
    [
        (1, {}, True),
        (SENT_FOR.total_seconds() / 60 - 1, {}, True),
        (SENT_FOR.total_seconds() / 60, {}, False),
        (1, {"notifiedTime": NOW.isoformat()}, False),
    ],
)
def test_it_is_news_for_a_day_and_once(minutes: float, status: dict[str, Any], news: bool) -> None:
    assert is_news(finished(minutes, status=status), NOW) is news
