"""When most monitors of a server fall together: those of one namespace, and what others confirm."""

from datetime import timedelta

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.prometheus.rules.mass_breach import (
    LONGEST_SPAN,
    MassBreach,
    MassBreachDetector,
    Scope,
)
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
    assert detector_of(*minutes_ago).of(SERVER, "shop") == want


def test_an_administrator_may_not_mind() -> None:
    assert detector_of(*(0,) * 12, allow=True).of(SERVER, "shop") is None


def test_the_longest_interval_counts() -> None:
    detector = detector_of(*(20 * n for n in range(10)))
    assert detector.of(SERVER, "shop") is None
    detector.record(SERVER, Ref("shop", "slow"), timedelta(hours=6), None)
    assert detector.of(SERVER, "shop") == MassBreach(SERVER, 10, 11, timedelta(hours=6))


def test_other_servers_dont_count() -> None:
    detector = detector_of(*(0,) * 9)
    detector.record("http://other:9090", Ref("shop", "x"), MINUTE, NOW)
    assert detector.of(SERVER, "shop") is detector.of("http://other:9090", "shop") is None


def test_a_breach_keeps_its_beginning_until_a_good_reading() -> None:
    """The window forgets its first readings; without this a long breach would begin anew at each look."""
    detector = detector_of(*(30,) * 10)
    for index in range(10):
        detector.record(SERVER, Ref("shop", f"m{index}"), 10 * MINUTE, NOW - index * 20 * MINUTE + 60 * MINUTE)
    assert detector.of(SERVER, "shop") is not None
    for index in range(5):
        detector.record(SERVER, Ref("shop", f"m{index}"), 10 * MINUTE, None)
    assert detector.of(SERVER, "shop") is None


def test_a_monitor_that_is_gone_doesnt_count() -> None:
    detector = detector_of(*(0,) * 10)
    detector.remove(Ref("shop", "m0"))
    assert Ref("shop", "m0") not in detector
    assert detector.of(SERVER, "shop") is None
    detector.remove(Ref("shop", "m0"))


def test_a_monitor_that_asks_another_server_moves() -> None:
    detector = detector_of(*(0,) * 10)
    detector.record("http://other:9090", Ref("shop", "m0"), MINUTE, NOW)
    assert detector.of(SERVER, "shop") is None


@pytest.mark.parametrize("interval", [LONGEST_SPAN, timedelta(hours=99999)])
def test_an_interval_however_long_stretches_the_span_to_a_day_at_most(interval: timedelta) -> None:
    detector = detector_of(*(150 * n for n in range(10)))
    detector.record(SERVER, Ref("shop", "slow"), interval, None)
    assert detector.of(SERVER, "shop") == MassBreach(SERVER, 10, 11, timedelta(hours=24))
    far_apart = detector_of(*(24 * 60 * n for n in range(10)), 24 * 60 * 9, interval=timedelta(hours=99999))
    assert far_apart.of(SERVER, "shop") is None


def test_only_monitors_that_count_count() -> None:
    detector = detector_of(*(0,) * 6, *WELL[:4])
    assert detector.of(SERVER, "shop") is not None
    detector.recount(Ref("shop", "m0"), False)
    assert detector.of(SERVER, "shop") is None
    detector.recount(Ref("shop", "m0"), True)
    detector.recount(Ref("shop", "m9"), False)
    assert detector.of(SERVER, "shop") is None


def test_a_monitor_that_doesnt_count_stretches_no_span() -> None:
    detector = detector_of(*(20 * n for n in range(10)))
    detector.record(SERVER, Ref("shop", "slow"), timedelta(hours=6), None, counts=False)
    assert detector.of(SERVER, "shop") is None


def test_a_breach_keeps_its_beginning_while_it_doesnt_count() -> None:
    """Else all that were suspended for a while would seem to have fallen together."""
    detector = detector_of(*(60 * n for n in range(10)))
    for index in range(10):
        detector.recount(Ref("shop", f"m{index}"), False)
        detector.record(SERVER, Ref("shop", f"m{index}"), 10 * MINUTE, NOW, counts=True)
    assert detector.of(SERVER, "shop") is None


def beside(*others: tuple[int, int, float], own: tuple[int, int, float] = (1, 1, 0)) -> MassBreachDetector:
    """Return a detector of `shop` and other namespaces: monitors of each, how many of them fell, and how long ago."""
    detector = MassBreachDetector()
    for name, (size, fallen, minutes) in {"shop": own, **{f"ns{n}": other for n, other in enumerate(others)}}.items():
        for index in range(size):
            since = NOW - minutes * MINUTE if index < fallen else None
            detector.record(SERVER, Ref(name, f"m{index}"), 10 * MINUTE, since)
    return detector


ALL_FALLEN, NONE_FALLEN = (5, 5, 0), (5, 0, 0)
CONFIRMED: dict[str, tuple[MassBreachDetector, int | None]] = {
    "the server fails, a namespace of three": (beside(ALL_FALLEN, ALL_FALLEN), 2),
    "the server fails, each monitor alone in its namespace": (beside(*[(1, 1, 0)] * 9), 9),
    "most of the others fell": (beside(ALL_FALLEN, ALL_FALLEN, NONE_FALLEN), 2),
    "within the interval": (beside((5, 5, 10), (5, 5, 4)), 2),
    "most of each other's": (beside((5, 3, 0), (5, 3, 0)), 2),
    "half of another's": (beside((5, 5, 0), (6, 3, 0)), None),
    "one stranger with 200 in breach": (beside((200, 200, 0)), None),
    "one stranger, others that are well": (beside((200, 200, 0), NONE_FALLEN), None),
    "two strangers of four others": (beside(ALL_FALLEN, ALL_FALLEN, NONE_FALLEN, NONE_FALLEN), None),
    "strangers, while most of our own are well": (beside(ALL_FALLEN, ALL_FALLEN, own=(4, 2, 0)), None),
    "strangers that fell long before": (beside((5, 5, 500), (5, 5, 500)), None),
    "three strangers that fell long before": (beside((5, 5, 500), (5, 5, 500), (5, 5, 500)), None),
    "one long before": (beside((5, 5, 500), (5, 5, 0)), None),
    "fewer than ten monitors": (beside((4, 4, 0), (4, 4, 0)), None),
    "a stranger's many that are well hide no failure": (beside(ALL_FALLEN, ALL_FALLEN, (200, 0, 0)), 2),
}


@pytest.mark.parametrize("name", CONFIRMED)
def test_other_namespaces_only_confirm(name: str) -> None:
    detector, together = CONFIRMED[name]
    found = detector.of(SERVER, "shop")
    assert (found and (found.together, found.scope)) == (together and (together, Scope.NAMESPACES))


def test_strangers_that_dont_count_have_no_voice() -> None:
    detector = beside(ALL_FALLEN, ALL_FALLEN, own=(5, 5, 0))
    for index in range(5):
        detector.recount(Ref("ns0", f"m{index}"), False)
    assert detector.of(SERVER, "shop") is None


def test_a_namespace_whose_monitors_are_gone_has_no_voice() -> None:
    detector = beside(ALL_FALLEN, ALL_FALLEN, NONE_FALLEN, NONE_FALLEN, own=(5, 5, 0))
    for index in range(5):
        detector.remove(Ref("ns2", f"m{index}"))
    assert detector.of(SERVER, "shop") == MassBreach(SERVER, 2, 3, 10 * MINUTE, Scope.NAMESPACES)
