"""Whether the time can be told: this host's clock against the API server's."""

from datetime import UTC, datetime, timedelta

import pytest

from refit_operator.kubernetes_api.clock import TOLERANCE, Clock
from refit_operator.kubernetes_api.errors import Transient

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DATE = "Wed, 25 Nov 2026 12:00:00 GMT"
SECOND = timedelta(seconds=1)


class Host:
    """A host's clock, set at will."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.parametrize("off", [timedelta(0), TOLERANCE, -TOLERANCE])
def test_clocks_that_agree(off: timedelta) -> None:
    host = Host()
    host.now = NOON + off
    clock = Clock(host)
    clock.observe_date(DATE)
    assert clock.now() == host.now


@pytest.mark.parametrize(
    ("off", "words"),
    [
        (TOLERANCE + SECOND, "31 s ahead of the API server's"),
        (-TOLERANCE - SECOND, "31 s behind the API server's"),
        (timedelta(days=1), "86400 s ahead of the API server's"),
        (-timedelta(hours=1), "3600 s behind the API server's"),
    ],
)
def test_clocks_that_disagree_tell_no_time_until_they_agree(off: timedelta, words: str) -> None:
    host = Host()
    clock = Clock(host)
    clock.observe_date(DATE)
    host.now = NOON + off
    clock.observe_date(DATE)
    with pytest.raises(Transient, match=words):
        clock.now()
    host.now = NOON
    clock.observe_date(DATE)
    assert clock.now() == NOON


@pytest.mark.parametrize(("microseconds", "later"), [(0, 0), (1, 1), (999_999, 1)])
def test_times_are_whole_seconds_and_never_before_the_true_one(microseconds: int, later: int) -> None:
    host = Host()
    host.now = NOON + timedelta(microseconds=microseconds)
    assert Clock(host).now() == NOON + later * SECOND


@pytest.mark.parametrize("off", [timedelta(0), timedelta(days=-400), timedelta(hours=3)])
def test_the_api_servers_time_is_known_whatever_this_host_says(off: timedelta) -> None:
    host = Host()
    host.now = NOON + off
    clock = Clock(host)
    clock.observe_date(DATE)
    host.now += SECOND
    assert clock.server_time() == NOON + SECOND


def test_an_answer_without_a_date_says_nothing() -> None:
    clock = Clock(Host())
    clock.observe_date(None)
    assert clock.now() == NOON
