"""A server that times out is asked by one query at a time, by the namespace that saw it: nobody else is held."""

from datetime import timedelta

import pytest

from refit_operator.prometheus.client import DEADLINE
from refit_operator.prometheus.rules.breaker import MAX_BREAKERS, PAUSE, SLOW, TIMEOUTS, Breakers, Key, has_timed_out
from refit_operator.prometheus.rules.reading import FailureKind, NoData, QueryFailed, Reading, Value
from tests.support.samples import NOW

OURS: Key = ("http://prometheus:9090", "shop")
SAME_SERVER: Key = ("http://prometheus:9090", "bank")
OTHER_SERVER: Key = ("http://other:9090", "shop")


def after(*timed_out: bool, key: Key = OURS) -> Breakers:
    """Return breakers that know of queries that ended so, at the time 100."""
    breakers = Breakers()
    for each in timed_out:
        breakers.record(key, each, 100)
    return breakers


ROW = (True,) * TIMEOUTS


@pytest.mark.parametrize(
    ("ended", "refused"),
    [
        ((), False),
        (ROW[1:], False),
        (ROW, True),
        ((True, True, True, True, False, True, True, True, True), False),
        ((*ROW, False), False),
        ((*ROW, True, True, True), True),
    ],
)
def test_it_opens_after_timeouts_in_a_row(ended: tuple[bool, ...], refused: bool) -> None:
    assert bool(after(*ended).refuse(OURS, 101)) is refused


def test_why_it_refuses_is_said_with_its_numbers() -> None:
    assert after(*ROW).refuse(OURS, 101) == (
        "it didn't answer in time 5 times in a row, so this query wasn't sent; "
        "one of this namespace is sent every 30 s until it answers"
    )


@pytest.mark.parametrize("key", [SAME_SERVER, OTHER_SERVER])
def test_timeouts_of_others_hold_nobody(key: Key) -> None:
    assert after(*ROW, *ROW).refuse(key, 101) == ""


def test_an_answer_to_others_closes_nothing() -> None:
    breakers = after(*ROW)
    breakers.record(SAME_SERVER, False, 101)
    assert breakers.refuse(OURS, 101)


def test_while_it_is_open_one_query_is_sent_in_each_pause() -> None:
    breakers = after(*ROW)
    sent = [now for now in range(100, 200) if not breakers.refuse(OURS, now)]
    assert sent == [130, 160, 190]


def test_timeouts_of_queries_that_were_under_way_dont_prolong_the_pause() -> None:
    breakers = after(*ROW)
    breakers.record(OURS, True, 111)
    assert not breakers.refuse(OURS, 130)


def test_one_by_one() -> None:
    """The next is sent only after the one before has ended."""
    assert timedelta(seconds=PAUSE) > 2 * DEADLINE


def test_a_query_that_is_tried_and_times_out_keeps_it_open() -> None:
    breakers = after(*ROW)
    assert not breakers.refuse(OURS, 130)
    breakers.record(OURS, True, 142)
    assert [bool(breakers.refuse(OURS, now)) for now in (143, 159, 160, 160)] == [True, True, False, True]


def test_a_query_that_is_tried_and_answered_closes_it_for_all() -> None:
    breakers = after(*ROW)
    assert not breakers.refuse(OURS, 130)
    breakers.record(OURS, False, 131)
    assert [breakers.refuse(OURS, 131) for _ in range(3)] == [""] * 3
    breakers.record(OURS, True, 132)
    assert breakers.refuse(OURS, 133) == ""


FOUND: dict[str, tuple[Reading | tuple[Reading, ...], float, bool]] = {
    "a timeout": (QueryFailed(FailureKind.Timeout, "late", NOW), 10, True),
    "a connection that isn't taken": (QueryFailed(FailureKind.Timeout, "late", NOW), 3, True),
    "given up by the server itself": (QueryFailed(FailureKind.ServerError, "503: query timed out", NOW), 9.9, True),
    "refused at once": (QueryFailed(FailureKind.Refused, "no connection", NOW), SLOW - 0.1, False),
    "a value that took its time": (Value(0.9, NOW), 9.9, False),
    "no data": (NoData(NOW), 9.9, False),
    "a window": ((Value(0.9, NOW), NoData(NOW)), 9.9, False),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_counts_as_a_timeout(name: str) -> None:
    found, waited, want = FOUND[name]
    assert has_timed_out(found, waited) is want


def test_what_is_remembered_is_bounded() -> None:
    breakers = after(*ROW)
    for number in range(MAX_BREAKERS - 1):
        breakers.record((f"http://{number}:9090", "stranger"), True, 100)
    assert breakers.refuse(OURS, 101)
    breakers.record(("http://one-more:9090", "stranger"), True, 100)
    assert breakers.refuse(OURS, 101) == ""


def test_those_that_are_open_are_counted() -> None:
    breakers = after(*ROW)
    assert (after(*ROW[1:]).open, breakers.open) == (0, 1)
    for each in ROW:
        breakers.record(SAME_SERVER, each, 100)
    assert breakers.open == 2
    breakers.record(OURS, False, 101)
    assert breakers.open == 1
