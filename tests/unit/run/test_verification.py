"""Which readings are the new model's: those whose whole range lies after the rollout and settle."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.api.conditions import Condition, ConditionType, find
from refit_operator.api.run import Outcome
from refit_operator.prometheus.rules.reading import FailureKind, NotANumber, QueryFailed
from refit_operator.run.rules.checks.verification import readings_since
from refit_operator.run.rules.decide import decide
from refit_operator.run.rules.decision import Observed
from tests.support.runs import NEW, ROLLED_OUT, readings, seen
from tests.support.samples import NOW, make_run

MINUTE = timedelta(minutes=1)


def counted(rolled_out: int, query_range: int, settle: str | None = None, query: str = "up") -> int:
    """Return how many of ten readings, a minute apart up to now, count after a rollout so many minutes ago."""
    status: dict[str, Any] = ROLLED_OUT | {"rolledOutTime": (NOW - rolled_out * MINUTE).isoformat()}
    run = make_run(status=status, metric={"query": query}, verification={"settle": settle} if settle else {})
    observed = seen(status, live=NEW, window=readings(*[0.9] * 10), query_range=query_range * MINUTE)
    return len(readings_since(type(observed)(**{**vars(observed), "run": run})))


@pytest.mark.parametrize(
    ("minutes", "want"),
    [
        (counted(5, 0), 6),
        (counted(5, 2, settle="0s"), 4),
        (counted(5, 2), 2),
        (counted(5, 2, settle="1m"), 3),
        (counted(5, 2, query="up{digest=~'$(digest)'}"), 4),
        (counted(5, 10), 0),
    ],
)
def test_readings_that_count(minutes: int, want: int) -> None:
    assert minutes == want


def test_a_query_that_failed_counts_as_nothing() -> None:
    observed = seen(ROLLED_OUT, live=NEW, window=QueryFailed(FailureKind.Timeout, "late", NOW))
    assert readings_since(observed) == ()


def ended(window: Any, **trigger: Any) -> tuple[Observed, Condition]:
    """Return a verification that is over, and its condition: two of the last three readings are needed."""
    verified = seen(ROLLED_OUT, live=NEW, now=NOW + 10 * MINUTE, window=window)
    spec: dict[str, Any] = {
        "verification": {"breaches": {"count": 2, "outOf": 3}},
        "metric": {"query": "up"},
        "trigger": trigger,
    }
    run = make_run(status=ROLLED_OUT, **spec)
    observed = type(verified)(**{**vars(verified), "run": run})
    status = decide(observed).status
    confirmed = find(status.conditions, ConditionType.CONFIRMED)
    assert confirmed is not None
    assert (status.outcome, status.message) == (Outcome.PROMOTED, confirmed.message)
    return observed, confirmed


NAN = NotANumber(NOW)
LATE = QueryFailed(FailureKind.Timeout, "prometheus:9090: it didn't answer in time", NOW)


@pytest.mark.parametrize(
    ("window", "why"),
    [
        (
            readings(None, None, None),
            "0 of the last 3 readings were values, 2 are needed (verification.breaches.count); "
            "instead 3 NoData; the last no data: the query returned nothing",
        ),
        (
            (*readings(0.9, None), NAN),
            "1 of the last 3 readings were values, 2 are needed (verification.breaches.count); "
            "instead 1 NoData, 1 NotANumber; the last not a number: "
            "the query returned NaN, an infinity, a string or a histogram",
        ),
        (readings(0.9), "1 of the last 1 readings were values, 2 are needed (verification.breaches.count)"),
        (LATE, "at the end of the verification the query failed (Timeout): prometheus:9090: it didn't answer in time"),
        ((), "no reading lies wholly after the rollout and verification.settle"),
    ],
)
def test_a_verification_without_enough_values_says_what_there_was_instead(window: Any, why: str) -> None:
    observed, confirmed = ended(window)
    assert (confirmed.status, confirmed.reason) == ("Unknown", "TooFewReadings")
    assert confirmed.message == f"the checkpoint stays, unconfirmed: {why}"
    assert [(note.reason, note.type) for note in decide(observed).events] == [("CheckpointUnconfirmed", "Warning")]


def test_a_run_that_began_without_a_value_confirms_nothing() -> None:
    _, confirmed = ended(readings(0.9, 0.9, 0.9), value=None)
    assert (confirmed.status, confirmed.reason) == ("Unknown", "BaselineUnknown")
    assert confirmed.message.endswith("accuracy 0.9 after the promotion, and no value before it to compare with")


def test_two_values_of_three_confirm() -> None:
    _, confirmed = ended(readings(0.9, None, 0.9))
    assert (confirmed.status, confirmed.reason) == ("True", "NoRegression")
    assert confirmed.message == "accuracy 0.9 after the promotion, 0.8 before it"
