"""When most monitors of a server fall together."""

from datetime import timedelta

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.prometheus.rules.mass_breach import MassBreach, MassBreachDetector, began_together
from tests.support.samples import NOW

MINUTE = timedelta(minutes=1)
SERVER = "http://prometheus:9090"


def detector_of(
    *minutes_ago: float | None, allow: bool = False, interval: timedelta = 10 * MINUTE
) -> MassBreachDetector:
    """Return a detector that knows monitors that fell into breach so long ago; None for those that are well."""
    detector = MassBreachDetector(allow)
    for index, minutes in enumerate(minutes_ago):
        detector.record(SERVER, Ref("shop", f"m{index}"), interval, None if minutes is None else NOW - minutes * MINUTE)
    return detector


WELL = (None,) * 5
CASES: dict[str, tuple[tuple[float | None, ...], int | None]] = {
    "nobody": ((), None),
    "all well": ((None,) * 20, None),
    "six of ten together": ((0, 1, 2, 3, 4, 9, *WELL[:4]), 6),
    "half": ((0, 1, 2, 3, 4, *WELL), None),
    "too few monitors": ((0,) * 9, None),
    "one after another": ((0, 11, 22, 33, 44, 55, 66, 77, 88, 99), None),
    "long ago, but together": ((500, 501, 502, 503, 504, 505, *WELL[:4]), 6),
    "some together, some before": ((0, 1, 2, 3, 4, 90, 200, 300, None, None), None),
    "exactly within the interval": ((0, 10, 10, 10, 10, 10, *WELL[:4]), 6),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mass_breach(name: str) -> None:
    minutes_ago, together = CASES[name]
    want = together and MassBreach(SERVER, together, len(minutes_ago), 10 * MINUTE)
    assert detector_of(*minutes_ago).of(SERVER) == want


def test_an_administrator_may_not_mind() -> None:
    assert detector_of(*(0,) * 12, allow=True).of(SERVER) is None


def test_the_longest_interval_counts() -> None:
    detector = detector_of(*(20 * n for n in range(10)))
    assert detector.of(SERVER) is None
    detector.record(SERVER, Ref("shop", "slow"), timedelta(hours=6), None)
    assert detector.of(SERVER) == MassBreach(SERVER, 10, 11, timedelta(hours=6))


def test_other_servers_dont_count() -> None:
    detector = detector_of(*(0,) * 9)
    detector.record("http://other:9090", Ref("shop", "x"), MINUTE, NOW)
    assert detector.of(SERVER) is detector.of("http://other:9090") is None


def test_a_breach_keeps_its_beginning_until_a_good_reading() -> None:
    """The window forgets its first readings; without this a long breach would begin anew at each look."""
    detector = detector_of(*(30,) * 10)
    for index in range(10):
        detector.record(SERVER, Ref("shop", f"m{index}"), 10 * MINUTE, NOW - index * 20 * MINUTE + 60 * MINUTE)
    assert detector.of(SERVER) is not None
    for index in range(5):
        detector.record(SERVER, Ref("shop", f"m{index}"), 10 * MINUTE, None)
    assert detector.of(SERVER) is None


def test_a_monitor_that_is_gone_doesnt_count() -> None:
    detector = detector_of(*(0,) * 10)
    detector.remove(Ref("shop", "m0"))
    assert Ref("shop", "m0") not in detector
    assert detector.of(SERVER) is None
    detector.remove(Ref("shop", "m0"))


def test_a_monitor_that_asks_another_server_moves() -> None:
    detector = detector_of(*(0,) * 10)
    detector.record("http://other:9090", Ref("shop", "m0"), MINUTE, NOW)
    assert detector.of(SERVER) is None


@pytest.mark.parametrize(
    ("minutes", "span", "want"), [((), 10, 0), ((0,), 0, 1), ((0, 5, 10, 11), 10, 3), ((0, 100, 101, 102), 5, 3)]
)
def test_how_many_began_together(minutes: tuple[int, ...], span: int, want: int) -> None:
    assert began_together([NOW + m * MINUTE for m in reversed(minutes)], span * MINUTE) == want
