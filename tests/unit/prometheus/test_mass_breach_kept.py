"""What is kept of all monitors says the same as the monitors themselves, and is asked without visiting them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refit_operator.api.metadata import Ref
from refit_operator.prometheus.rules.mass_breach import (
    FEWEST,
    FEWEST_OTHERS,
    LONGEST_SPAN,
    MassBreach,
    MassBreachDetector,
    Scope,
)
from tests.support.samples import NOW
from tests.support.work import steps_of

MINUTE = timedelta(minutes=1)
SERVER = "http://prometheus:9090"
OTHER = "http://other:9090"
NAMESPACES = ("a", "b", "c", "d")


@dataclass(frozen=True)
class Monitor:
    server: str
    interval: timedelta
    since: datetime | None
    counts: bool


class Plain:
    """The detector as its definition says: every monitor is visited for every question."""

    def __init__(self) -> None:
        self.monitors: dict[Ref, Monitor] = {}

    def record(self, server: str, ref: Ref, interval: timedelta, since: datetime | None, counts: bool) -> None:
        before = self.monitors.get(ref)
        if before and before.server == server and before.since and since:
            since = min(since, before.since)
        self.monitors[ref] = Monitor(server, interval, since, counts)

    def recount(self, ref: Ref, counts: bool) -> None:
        self.monitors[ref] = replace(self.monitors[ref], counts=counts)

    def remove(self, ref: Ref) -> None:
        self.monitors.pop(ref, None)

    def of(self, server: str, namespace: str) -> MassBreach | None:
        counted = {ref: one for ref, one in self.monitors.items() if one.server == server and one.counts}
        own = [one for ref, one in counted.items() if ref.namespace == namespace]
        if not have_fallen(own, [one.since for one in own if one.since]):
            return None
        if len(own) >= FEWEST:
            span = span_of(own)
            together = max(len(within(own, end, span)) for end in (one.since for one in own) if end)
            if 2 * together > len(own):
                return MassBreach(server, together, len(own), span)
        if len(counted) < FEWEST:
            return None
        span, names = span_of(list(counted.values())), {ref.namespace for ref in counted}
        together = 0
        for end in {one.since for one in counted.values() if one.since}:
            fallen = set()
            for name in names:
                its = [one for ref, one in counted.items() if ref.namespace == name]
                if have_fallen(its, within(its, end, span)):
                    fallen.add(name)
            together = max(together, len(fallen) - 1 if namespace in fallen else 0)
        others = len(names) - 1
        if together < FEWEST_OTHERS or 2 * together <= others:
            return None
        return MassBreach(server, together, others, span, Scope.NAMESPACES)


def within(monitors: list[Monitor], end: datetime, span: timedelta) -> list[datetime]:
    return [one.since for one in monitors if one.since and timedelta(0) <= end - one.since <= span]


def have_fallen(monitors: list[Monitor], begun: list[datetime]) -> bool:
    return 2 * len(begun) > len(monitors)


def span_of(monitors: list[Monitor]) -> timedelta:
    return min(LONGEST_SPAN, max(one.interval for one in monitors))


NUMBERS = range(12)
REFS = st.builds(Ref, st.sampled_from(NAMESPACES), st.sampled_from([f"m{number}" for number in NUMBERS]))
INTERVALS = st.sampled_from([MINUTE, MINUTE, 3 * MINUTE, timedelta(days=9)])
ENDS = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
SINCE = st.sampled_from([None, NOW - timedelta(days=2), *ENDS, *[NOW - half * MINUTE / 2 for half in range(9)] * 2])
COUNTS = st.sampled_from([True, True, True, False])
FELL = st.tuples(st.sampled_from([MINUTE, MINUTE, 2 * MINUTE]), SINCE)
START = st.fixed_dictionaries({name: st.lists(FELL, max_size=len(NUMBERS)) for name in NAMESPACES})
STEP = st.one_of(
    st.tuples(st.just("record"), st.sampled_from([SERVER] * 6 + [OTHER]), REFS, INTERVALS, SINCE, COUNTS),
    st.tuples(st.just("recount"), REFS, COUNTS),
    st.tuples(st.just("remove"), REFS),
)
ALL = st.tuples(st.sampled_from(["remove", "recount"]), st.sampled_from(NAMESPACES), st.booleans())


def steps(start: dict[str, list[tuple[timedelta, datetime | None]]], history: list[tuple[Any, ...]]) -> Iterator[Any]:
    """Yield what all monitors of the start are, then the history; where it names a namespace, each of its monitors."""
    for name, fell in start.items():
        for number, (interval, since) in enumerate(fell):
            yield "record", SERVER, Ref(name, f"m{number}"), interval, since, True
    for what, *args in history:
        if isinstance(args[0], str) and what != "record":
            yield from ((what, Ref(args[0], f"m{number}"), *args[1:][: what == "recount"]) for number in NUMBERS)
        else:
            yield what, *args


@settings(max_examples=250)
@given(start=START, history=st.lists(st.one_of(STEP, STEP, STEP, ALL), max_size=20))
def test_after_every_history_the_answer_is_that_of_the_definition(
    start: dict[str, list[tuple[timedelta, datetime | None]]], history: list[tuple[Any, ...]]
) -> None:
    kept, plain = MassBreachDetector(), Plain()
    for what, *args in steps(start, history):
        if what == "recount" and args[0] not in plain.monitors:
            continue
        for detector in (kept, plain):
            getattr(detector, what)(*args)
        for server, namespace in itertools.product((SERVER, OTHER), NAMESPACES):
            assert kept.of(server, namespace) == plain.of(server, namespace)


def many(count: int, fallen: int, namespaces: int = 1) -> MassBreachDetector:
    """Return a detector of so many monitors, the first of which fell, in turn in so many namespaces."""
    detector = MassBreachDetector()
    for number in range(count):
        since = NOW + number % 3 * MINUTE if number < fallen else None
        detector.record(SERVER, Ref(f"ns{number % namespaces}", f"m{number}"), 10 * MINUTE, since)
    return detector


def cost(count: int, fallen: int, namespaces: int) -> int:
    """Return the steps of one monitor's reconciliation that changes what is known of it."""
    detector, ref = many(count, fallen, namespaces), Ref("ns0", "m0")

    def reconciled() -> None:
        detector.record(SERVER, ref, 10 * MINUTE, None)
        detector.of(SERVER, "ns0")
        detector.record(SERVER, ref, 10 * MINUTE, NOW + MINUTE)
        detector.of(SERVER, "ns0")

    reconciled()  # what is asked first is read once
    return steps_of(reconciled)


CROWDS: dict[str, tuple[float, int]] = {
    "one namespace that is well": (0, 1),
    "one namespace, some of which fell": (0.4, 1),
    "one namespace, most of which fell": (0.8, 1),
    "namespaces of one, some of which fell": (0.4, 120),
    "namespaces of one, all of which fell": (1, 120),
}


@pytest.mark.parametrize("name", CROWDS)
def test_the_work_of_a_reconciliation_doesnt_grow_with_the_monitors(name: str) -> None:
    fallen, namespaces = CROWDS[name]
    few, lots = (
        cost(120 * times, int(fallen * 120 * times), namespaces * times if namespaces > 1 else 1) for times in (1, 4)
    )
    assert lots < 1.1 * few


FALLS = {"together": timedelta(0), "one after another": timedelta(seconds=1), "in reverse": timedelta(seconds=-700)}


@pytest.mark.parametrize("namespaces", [1, 3])
@pytest.mark.parametrize("name", FALLS)
def test_many_that_fall_and_recover_one_after_the_other_take_work_by_their_number(name: str, namespaces: int) -> None:
    few, lots = (steps_of(partial(fall_and_recover, count, namespaces, FALLS[name])) for count in (100, 400))
    assert lots < 6 * few


def fall_and_recover(count: int, namespaces: int, apart: timedelta) -> None:
    detector = many(count, 0, namespaces)
    for fallen, number in itertools.product((True, False), range(count)):
        namespace, since = f"ns{number % namespaces}", NOW + number * apart if fallen else None
        detector.record(SERVER, Ref(namespace, f"m{number}"), 10 * MINUTE, since)
        detector.of(SERVER, namespace)
