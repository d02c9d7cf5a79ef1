"""The schedule in a clock that jumps: never two looks at once, nothing lost, and one monitor's trouble is its own."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from prometheus_client import REGISTRY

from refit_operator.api.metadata import Ref
from refit_operator.controller.workqueue import RECONCILE_TIMEOUT, Again, OnFailure, Reconcile, Workqueue, only_log
from refit_operator.kubernetes_api.errors import Permanent, Transient
from tests.support.jumping import clock, play, since

A, B = Ref("shop", "a"), Ref("shop", "b")
AGAIN = Again(timedelta(seconds=10))
Acts = Callable[[Workqueue], Awaitable[None]]


def keep(look: Reconcile, acts: Acts, concurrency: int = 16, tell: OnFailure = only_log) -> None:
    """Run a schedule for as long as the story lasts."""

    async def story() -> None:
        schedule = Workqueue(look, concurrency, tell)
        running = asyncio.create_task(schedule.run())
        await acts(schedule)
        assert not running.done()
        running.cancel()

    play(story())


class Looks:
    """A look that takes its time, and remembers when each began and ended."""

    def __init__(self, seconds: float, again: Again | None = AGAIN) -> None:
        self.seconds, self.again = seconds, again
        self.began: list[float] = []
        self.under_way = self.most = 0

    async def __call__(self, ref: Ref) -> Again | None:
        self.began.append(clock())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(self.seconds)
        self.under_way -= 1
        return self.again


def test_a_monitor_is_looked_at_again_when_the_look_said_so() -> None:
    looks = Looks(seconds=1)

    async def acts(schedule: Workqueue) -> None:
        schedule.enqueue(A)
        began = clock()
        await asyncio.sleep(34)
        assert [round(time - began) for time in looks.began] == [0, 11, 22, 33]

    keep(looks, acts)


def test_a_monitor_that_is_gone_is_forgotten() -> None:
    looks = Looks(seconds=1, again=None)

    async def acts(schedule: Workqueue) -> None:
        schedule.enqueue(A)
        await asyncio.sleep(1000)
        assert (len(looks.began), (A in schedule)) == (1, False)

    keep(looks, acts)


def test_never_two_looks_at_one_monitor_at_once_however_often_it_is_woken() -> None:
    looks = Looks(seconds=3)

    async def acts(schedule: Workqueue) -> None:
        for _ in range(200):
            schedule.enqueue(A)
            await asyncio.sleep(0.07)
        assert looks.most == 1
        assert len(looks.began) >= 4

    keep(looks, acts)


def test_a_wake_during_a_look_is_not_lost() -> None:
    looks = Looks(seconds=3, again=Again(timedelta(hours=1)))

    async def acts(schedule: Workqueue) -> None:
        schedule.enqueue(A)
        await asyncio.sleep(1)
        schedule.enqueue(A)
        await asyncio.sleep(5)
        assert len(looks.began) == 2
        assert 0 <= looks.began[1] - looks.began[0] - 3 <= 0.2
        await asyncio.sleep(600)
        assert len(looks.began) == 2

    keep(looks, acts)


def test_the_earliest_wish_counts() -> None:
    looks = Looks(seconds=0, again=None)

    async def acts(schedule: Workqueue) -> None:
        began = clock()
        for after in (60, 5, 30):
            schedule.enqueue(A, timedelta(seconds=after))
        await asyncio.sleep(100)
        assert [round(time - began, 3) for time in looks.began] == [5]

    keep(looks, acts)


def test_no_more_than_so_many_side_by_side() -> None:
    looks = Looks(seconds=3, again=None)

    async def acts(schedule: Workqueue) -> None:
        for number in range(12):
            schedule.enqueue(Ref(f"shop-{number}", "a"))
        await asyncio.sleep(20)
        assert (looks.most, len(looks.began)) == (4, 12)

    keep(looks, acts, concurrency=4)


def test_failures_are_taken_again_later_and_later_and_counted_anew_after_a_success() -> None:
    times: list[float] = []
    fails = [True] * 12 + [False, True]

    async def look(_: Ref) -> Again:
        times.append(clock())
        if fails and fails.pop(0):
            raise Transient("weather")
        return AGAIN

    async def acts(schedule: Workqueue) -> None:
        schedule.enqueue(A)
        await asyncio.sleep(1000)
        waits = [round(later - earlier, 3) for earlier, later in pairwise(times)]
        for failures, wait in enumerate(waits[:12]):
            longest = min(60, 2**failures)
            assert longest / 2 <= wait <= longest
        assert (waits[12], waits[13] <= 1) == (10, True)

    keep(look, acts)


async def refused(_: Ref) -> Again:
    raise Permanent("forbidden")


async def nonsense(_: Ref) -> Again:
    return Again(timedelta(seconds=int("poison")))


async def hanging(_: Ref) -> Again:
    await asyncio.Event().wait()
    raise AssertionError


async def cancelled(_: Ref) -> Again:
    raise asyncio.CancelledError


class PanicException(BaseException):
    """As a library's that isn't written in Python: no Exception."""


async def panicking(_: Ref) -> Again:
    raise PanicException("out of range")


POISONS: dict[str, tuple[Reconcile, str]] = {
    "refused": (refused, "forbidden"),
    "a document that doesn't parse": (nonsense, "ValueError: invalid literal for int() with base 10: 'poison'"),
    "a request that hangs for ever": (hanging, "the reconciliation, or a request of it, timed out"),
    "a library that panics": (panicking, "PanicException: out of range"),
    "a part that cancels itself": (cancelled, "CancelledError: "),
}


@pytest.mark.parametrize(("poison", "error"), POISONS.values(), ids=POISONS)
def test_a_poison_object_stops_nobody_else_and_is_told(poison: Reconcile, error: str) -> None:
    healthy = Looks(seconds=1)
    told: list[tuple[Ref, int, str]] = []

    async def look(ref: Ref) -> Again | None:
        return await (poison if ref == A else healthy)(ref)

    async def tell(ref: Ref, failures: int, why: str) -> None:
        told.append((ref, failures, why))

    async def acts(schedule: Workqueue) -> None:
        schedule.enqueue(A)
        schedule.enqueue(B)
        await asyncio.sleep(5 * RECONCILE_TIMEOUT)
        assert len(healthy.began) >= 5 * RECONCILE_TIMEOUT / 11 - 1
        assert told[:3] == [(A, failures, error) for failures in (1, 2, 3)]
        assert A in schedule

    keep(look, acts, concurrency=3, tell=tell)


STRANGERS = [Ref("stranger", str(number)) for number in range(200)]


@pytest.mark.parametrize("seconds", [9.9, 12.0, 36.0])
def test_strangers_whose_server_hangs_make_nobody_else_late(seconds: float) -> None:
    hanging, healthy = Looks(seconds, Again(timedelta(seconds=30))), Looks(seconds=0.02)

    async def look(ref: Ref) -> Again | None:
        return await (healthy if ref == A else hanging)(ref)

    async def acts(schedule: Workqueue) -> None:
        for stranger in STRANGERS:
            schedule.enqueue(stranger)
        schedule.enqueue(A, timedelta(seconds=1))
        await asyncio.sleep(302)
        assert len(healthy.began) == 31
        assert hanging.most == 8

    keep(look, acts)


def lateness() -> float:
    return float(REGISTRY.get_sample_value("refit_workqueue_lateness_seconds") or 0)


def test_lateness_is_the_time_from_when_a_monitor_is_due_until_it_has_a_slot() -> None:
    looks = Looks(seconds=7, again=None)

    async def acts(schedule: Workqueue) -> None:
        for ref in (A, B):
            schedule.enqueue(ref)
        await asyncio.sleep(6)
        assert lateness() == pytest.approx(0, abs=0.01)
        await asyncio.sleep(2)
        assert lateness() == pytest.approx(7, abs=0.01)

    keep(looks, acts, concurrency=1)


def test_what_falls_due_during_a_look_is_late_from_then_on() -> None:
    looks = Looks(seconds=7, again=None)

    async def acts(schedule: Workqueue) -> None:
        schedule.enqueue(A)
        await asyncio.sleep(2)
        schedule.enqueue(A)
        await asyncio.sleep(6)
        assert len(looks.began) == 2
        assert lateness() == pytest.approx(5, abs=0.01)

    keep(looks, acts)


@pytest.mark.parametrize("raised", [Transient("no event either"), PanicException("out of range")], ids=repr)
def test_telling_that_fails_stops_nothing(raised: BaseException) -> None:
    times: list[float] = []

    async def look(_: Ref) -> Again:
        times.append(clock())
        raise Transient("weather")

    async def tell(ref: Ref, failures: int, why: str) -> None:
        raise raised

    async def acts(schedule: Workqueue) -> None:
        schedule.enqueue(A)
        await asyncio.sleep(100)
        assert len(times) >= 6

    keep(look, acts, tell=tell)


def test_the_heartbeat_shows_that_the_schedule_turns() -> None:
    async def acts(schedule: Workqueue) -> None:
        for _ in range(10):
            await asyncio.sleep(60)
            assert since(schedule.heartbeat) <= 5

    keep(hanging, acts)


def test_who_waits_for_a_slot_is_counted_and_for_how_long() -> None:
    looks = Looks(seconds=30, again=None)

    async def acts(schedule: Workqueue) -> None:
        for ref in (A, B, Ref("shop", "c")):
            schedule.enqueue(ref)
        await asyncio.sleep(20)
        assert REGISTRY.get_sample_value("refit_workqueue_depth") == 2
        assert REGISTRY.get_sample_value("refit_workqueue_oldest_seconds") == pytest.approx(20, abs=5)
        await asyncio.sleep(80)
        assert REGISTRY.get_sample_value("refit_workqueue_depth") == 0
        assert REGISTRY.get_sample_value("refit_workqueue_oldest_seconds") == 0

    keep(looks, acts, concurrency=1)
