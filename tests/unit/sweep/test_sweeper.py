"""The sweep: who is read, who is looked at after it, and that nobody is forgotten. Prometheus is a stand-in here: what
many readings in one query are is tested against a real one.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.kubernetes_api.errors import Transient
from refit_operator.monitor.rules.rest import Rest
from refit_operator.prometheus.reader import Grid
from refit_operator.prometheus.rules.mass_breach import FEWEST, MassBreachDetector
from refit_operator.prometheus.rules.reading import (
    FailureKind,
    NoData,
    QueryFailed,
    Reading,
    Value,
    describe,
    reason_of,
)
from refit_operator.sweep import sweeper as sweeping
from refit_operator.sweep.group import Form, GroupKey, Member
from refit_operator.sweep.resting import Resting
from refit_operator.sweep.sweeper import Sweeper
from tests.support.samples import NOW

MINUTE = timedelta(minutes=1)
ADDRESS = "http://prometheus:9090"
KEY = GroupKey(ADDRESS, "{}", "", Grid(MINUTE, timedelta(0), MINUTE), Form(MINUTE, False, True, (None, None)))
Answer = Callable[[str, datetime], Reading]


class Clock:
    def __init__(self) -> None:
        self.time = NOW
        self.disagrees = False

    def now(self) -> datetime:
        if self.disagrees:
            raise Transient("this host's clock is ahead")
        return self.time


def resting(name: str, read: datetime = NOW, version: int = 1) -> Resting:
    rest = Rest(0.85, True, 1.0, 1000.0, "0.9000", NOW + 60 * MINUTE, read, MINUTE, NOW + 60 * MINUTE)
    return Resting(KEY, PrometheusSpec(), Member(rest, (name, "total"), version))


def failing(
    name: str, kind: FailureKind = FailureKind.Refused, read: datetime = NOW, namespace: str = "shop"
) -> Resting:
    """Return a monitor whose query failed, and whose status says so."""
    found, failed = resting(name, read), fails(kind)(name, read)
    rest = found.member.rest._replace(
        value=None, reading=reason_of(failed), message=describe(failed), failed=kind, needed=inf
    )
    key = replace(KEY, namespace=namespace, failed=kind)
    return replace(found, key=key, member=replace(found.member, rest=rest))


def fails(kind: FailureKind) -> Answer:
    return lambda _, time: QueryFailed(kind, "down", time)


class Stage:
    """A sweeper whose queries are answered by a function, one monitor at a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: Answer = lambda _, time: Value(0.9, time)) -> None:
        self.answer = answer
        self.clock = Clock()
        clock: Any = self.clock
        self.mass_breach = MassBreachDetector()
        reader: Any = None
        self.sweeper = Sweeper(reader, self.mass_breach, clock)
        self.asked: list[tuple[str, int, datetime]] = []
        """Breaker, number of monitors and time of each read."""
        self.names: list[str] = []
        self.looked_at: list[Ref] = []
        self.may_start: list[Ref] = []
        """Those of them of which a run may follow."""
        monkeypatch.setattr(sweeping, "read", self.read)

    def look_at(self, ref: Ref, may_start: bool) -> None:
        self.looked_at.append(ref)
        if may_start:
            self.may_start.append(ref)

    async def read(
        self, _: Any, namespace: str, breaker: str, __: Any, ___: Any, asked: Sequence[Any], point: datetime
    ) -> Sequence[Reading]:
        self.asked.append((breaker, len(asked), point))
        self.names += [texts[0] for texts in asked]
        return [self.answer(texts[0], point) for texts in asked]

    async def sweep(self, minutes: float) -> None:
        """Let all that is due at that time be read."""
        self.clock.time = NOW + minutes * MINUTE + KEY.grid.delay
        for group in list(self.sweeper._groups.values()):
            await self.sweeper._sweep(group, self.clock.time, self.look_at)


async def seen_before_it_ends(found: asyncio.Event, running: asyncio.Task[Any]) -> None:
    waiting = asyncio.create_task(found.wait())
    done, _ = await asyncio.wait((waiting, running), return_when=asyncio.FIRST_COMPLETED)
    assert done == {waiting}


def shop(name: str) -> Ref:
    return Ref("shop", name)


async def test_monitors_at_rest_are_read_together_and_stay_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    for number in range(100):
        stage.sweeper.take(shop(f"m{number}"), resting(f"m{number}"))
    for minute in (1, 2, 3):
        await stage.sweep(minute)
    assert stage.asked == [("", 100, NOW + minute * MINUTE) for minute in (1, 2, 3)]
    assert stage.looked_at == []
    assert len(stage.sweeper) == 100


@pytest.mark.parametrize(
    "reading",
    [Value(0.8, NOW + MINUTE), NoData(NOW + MINUTE), QueryFailed(FailureKind.Refused, "down", NOW + MINUTE)],
)
async def test_what_is_no_good_reading_is_looked_at_and_no_longer_read(
    monkeypatch: pytest.MonkeyPatch, reading: Reading
) -> None:
    stage = Stage(monkeypatch, lambda name, time: reading if name == "bad" else Value(0.9, time))
    for name in ("good", "bad"):
        stage.sweeper.take(shop(name), resting(name))
    await stage.sweep(1)
    assert stage.looked_at == [shop("bad")]
    assert shop("bad") not in stage.sweeper
    await stage.sweep(2)
    assert stage.asked[-1][1] == 1


async def test_points_that_were_missed_are_caught_up_with(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.sweeper.take(shop("m"), resting("m"))
    await stage.sweep(3)
    assert [point for _, _, point in stage.asked] == [NOW + minute * MINUTE for minute in (1, 2, 3)]
    assert stage.looked_at == []


async def test_a_group_that_is_far_behind_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.sweeper.take(shop("m"), resting("m"))
    await stage.sweep(50)
    assert stage.asked == []
    assert stage.looked_at == [shop("m")]


async def test_a_monitor_that_comes_late_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.sweeper.take(shop("early"), resting("early"))
    await stage.sweep(2)
    stage.sweeper.take(shop("late"), resting("late"))
    await stage.sweep(3)
    assert stage.looked_at == [shop("late")]


async def test_one_that_was_read_by_its_look_is_not_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.sweeper.take(shop("early"), resting("early"))
    stage.sweeper.take(shop("ahead"), resting("ahead", NOW + MINUTE))
    await stage.sweep(1)
    assert stage.asked[-1][1] == 1
    await stage.sweep(2)
    assert stage.asked[-1][1] == 2
    assert stage.looked_at == []


async def test_one_that_is_looked_at_while_it_is_read_keeps_what_the_look_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(name: str, time: datetime) -> Reading:
        stage.sweeper.drop(shop("dropped"))
        stage.sweeper.take(shop("again"), resting("again", version=2))
        return Value(0.5, time)

    stage = Stage(monkeypatch, answer)
    for name in ("dropped", "again"):
        stage.sweeper.take(shop(name), resting(name))
    await stage.sweep(1)
    assert stage.looked_at == []
    assert not stage.sweeper.is_outdated(shop("again"), 2)
    assert stage.sweeper.is_outdated(shop("again"), 3)
    assert not stage.sweeper.is_outdated(shop("dropped"), 3)


async def test_a_mass_breach_of_a_namespace_is_shown_on_all_of_its_monitors(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    for ref in (shop("m"), Ref("other", "m")):
        stage.sweeper.take(ref, resting("m"))
    for number in range(FEWEST):
        stage.mass_breach.record(ADDRESS, shop(f"fallen{number}"), MINUTE, NOW)
    await stage.sweep(1)
    assert stage.looked_at == [shop("m")]


async def test_after_a_timeout_of_all_each_namespace_is_read_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, lambda _, time: QueryFailed(FailureKind.Timeout, "late", time))
    refs = [Ref("a", "m"), Ref("b", "m")]
    for ref in refs:
        stage.sweeper.take(ref, resting("m"))
    await stage.sweep(1)
    assert stage.looked_at == refs
    for ref in refs:
        stage.sweeper.take(ref, resting("m", NOW + MINUTE))
    stage.answer = lambda _, time: Value(0.9, time)
    await stage.sweep(2)
    assert sorted(breaker for breaker, _, _ in stage.asked) == ["", "a", "b"]


async def test_whatever_goes_wrong_its_monitors_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(name: str, time: datetime) -> Reading:
        raise RuntimeError("a bug")

    stage = Stage(monkeypatch, answer)
    stage.sweeper.take(shop("m"), resting("m"))
    await stage.sweep(1)
    assert stage.looked_at == [shop("m")]
    assert len(stage.sweeper) == 0


async def test_it_turns_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, lambda _, time: NoData(time))
    found = asyncio.Event()
    running = asyncio.create_task(stage.sweeper.run(lambda *_: found.set()))
    await asyncio.sleep(0)
    stage.clock.time = NOW + MINUTE + KEY.grid.delay
    stage.sweeper.take(shop("m"), resting("m"))
    await seen_before_it_ends(found, running)
    assert stage.sweeper.heartbeat > 0
    running.cancel()


async def test_while_the_clocks_disagree_nothing_is_read_and_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "LONGEST_SLEEP", 0.001)
    stage = Stage(monkeypatch, lambda _, time: NoData(time))
    found = asyncio.Event()
    stage.sweeper.take(shop("m"), resting("m"))
    stage.clock.time, stage.clock.disagrees = NOW + MINUTE + KEY.grid.delay, True
    running = asyncio.create_task(stage.sweeper.run(lambda *_: found.set()))
    turns = {stage.sweeper.heartbeat}
    while len(turns) < 4:
        assert not running.done()
        await asyncio.sleep(0)
        turns.add(stage.sweeper.heartbeat)
    assert stage.asked == []
    stage.clock.disagrees = False
    await seen_before_it_ends(found, running)
    running.cancel()


async def test_of_those_that_fail_one_is_asked_and_each_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, fails(FailureKind.Refused))
    for name in ("a", "b", "c"):
        stage.sweeper.take(shop(name), failing(name))
    for minute in (1, 2, 3):
        await stage.sweep(minute)
    assert stage.asked == [("shop", 1, NOW + minute * MINUTE) for minute in (1, 2, 3)]
    assert sorted(stage.names) == ["a", "b", "c"]
    assert (stage.looked_at, len(stage.sweeper)) == ([], 3)


@pytest.mark.parametrize(
    "answer",
    [lambda _, time: Value(0.9, time), lambda _, time: NoData(time), fails(FailureKind.ServerError)],
)
async def test_once_one_is_told_otherwise_all_that_failed_are_looked_at(
    monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    stage = Stage(monkeypatch, fails(FailureKind.Refused))
    for name in ("a", "b"):
        stage.sweeper.take(shop(name), failing(name))
    await stage.sweep(1)
    stage.answer = answer
    await stage.sweep(2)
    assert stage.looked_at == [shop("a"), shop("b")]
    assert len(stage.sweeper) == 0


async def test_whose_query_is_not_sent_keeps_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, fails(FailureKind.CircuitOpen))
    for name in ("a", "b"):
        stage.sweeper.take(shop(name), failing(name, FailureKind.CircuitOpen))
    for minute in (1, 2):
        await stage.sweep(minute)
    stage.answer = fails(FailureKind.Timeout)
    monkeypatch.setattr(sweeping, "has_timed_out", lambda *_: True)
    for minute in (3, 4):
        await stage.sweep(minute)
    assert stage.names == ["a", "a", "a", "b"]
    assert stage.looked_at == []


async def test_a_namespace_is_told_of_its_own_failures_only(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(
        monkeypatch, lambda name, time: fails(FailureKind.Refused)(name, time) if name == "a" else NoData(time)
    )
    for name in ("a", "b"):
        stage.sweeper.take(Ref(name, "m"), failing(name, namespace=name))
    await stage.sweep(1)
    assert sorted(breaker for breaker, _, _ in stage.asked) == ["a", "b"]
    assert stage.looked_at == [Ref("b", "m")]


async def test_no_point_is_caught_up_with_where_queries_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, fails(FailureKind.Refused))
    stage.sweeper.take(shop("m"), failing("m"))
    await stage.sweep(3)
    await stage.sweep(50)
    assert [point for _, _, point in stage.asked] == [NOW + minute * MINUTE for minute in (3, 50)]
    assert stage.looked_at == []


async def test_those_that_fail_are_looked_at_once_it_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, fails(FailureKind.Refused))
    stage.sweeper.take(shop("m"), failing("m"))
    await stage.sweep(60)
    assert stage.looked_at == [shop("m")]


async def test_a_mass_breach_says_nothing_of_those_without_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, fails(FailureKind.Refused))
    stage.sweeper.take(shop("m"), failing("m"))
    for number in range(FEWEST):
        stage.mass_breach.record(ADDRESS, shop(f"fallen{number}"), MINUTE, NOW)
    await stage.sweep(1)
    assert stage.looked_at == []


@pytest.mark.parametrize(("kind", "looked_at"), [(FailureKind.CircuitOpen, []), (FailureKind.Timeout, [shop("m")])])
async def test_a_failure_that_takes_long_keeps_the_breaker_open(
    monkeypatch: pytest.MonkeyPatch, kind: FailureKind, looked_at: list[Ref]
) -> None:
    monkeypatch.setattr(sweeping, "has_timed_out", lambda *_: True)
    stage = Stage(monkeypatch, fails(FailureKind.ServerError))
    stage.sweeper.take(shop("m"), failing("m", kind))
    await stage.sweep(1)
    assert stage.looked_at == looked_at


async def test_servers_that_hang_delay_no_others_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    release = asyncio.Event()

    async def hang(_: Any, __: Any, breaker: str, *more: Any) -> Sequence[Reading]:
        if breaker:
            await release.wait()
        return await stage.read(_, __, breaker, *more)

    monkeypatch.setattr(sweeping, "read", hang)
    for number in range(2 * sweeping.FAILING_SIDE_BY_SIDE):
        stage.sweeper.take(Ref(f"n{number}", "m"), failing("m", namespace=f"n{number}"))
    stage.sweeper.take(shop("good"), resting("good"))
    *failed, good = stage.sweeper._groups.values()
    now = stage.clock.time = NOW + MINUTE + KEY.grid.delay
    hanging = [asyncio.create_task(stage.sweeper._sweep(group, now, stage.look_at)) for group in failed]
    await asyncio.sleep(0)
    read = asyncio.create_task(stage.sweeper._sweep(good, now, stage.look_at))
    done, _ = await asyncio.wait([read], timeout=10)
    assert done and stage.names == ["good"]
    release.set()
    await asyncio.gather(*hanging)
    assert len(stage.asked) == 1 + 2 * sweeping.FAILING_SIDE_BY_SIDE


async def test_of_those_that_are_looked_at_a_run_may_follow_only_where_there_may_be_a_breach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So thousands whose hour is over, or whose server is down, don't come before one that is in breach."""
    readings: dict[str, Reading] = {
        "bad": Value(0.8, NOW + MINUTE),
        "down": NoData(NOW + MINUTE),
        "hour": Value(0.9, NOW + MINUTE),
    }
    stage = Stage(monkeypatch, lambda name, time: readings.get(name, Value(0.9, time)))
    for name in (*readings, "evidence"):
        known = resting(name)
        rest = known.member.rest._replace(until=NOW if name == "hour" else NOW + 60 * MINUTE)
        rest = rest._replace(ceiling=999.5 if name == "evidence" else 1.0)
        stage.sweeper.take(shop(name), Resting(KEY, known.prometheus, Member(rest, known.member.asked, 1)))
    await stage.sweep(1)
    assert sorted(ref.name for ref in stage.looked_at) == ["bad", "down", "evidence", "hour"]
    assert sorted(ref.name for ref in stage.may_start) == ["bad", "evidence"]
