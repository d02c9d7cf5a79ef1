"""The election, in a clock that jumps: who leads when, and what each kind of trouble does to a leader.

The lock is a stand-in for the API server with its one rule, that what changed since it was read isn't overwritten; the
trouble that a real one can't be put into at will, it makes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from refit_operator.leadership.elect import Leadership, LeadershipLost
from refit_operator.leadership.rules.decide import Timing
from tests.support.jumping import clock, play, since

Trouble = Callable[[], Awaitable[None]]


async def none() -> None:
    return None


class Memory:
    """A Lease in memory, and what each process meets on the way to it."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 0
        self.writes: list[tuple[float, str]] = []
        self.announced: list[str] = []

    @property
    def holder(self) -> str:
        return str(self.lease["spec"]["holderIdentity"]) if self.lease else ""


class Way:
    """One process's way to the Lease."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.trouble: Trouble = none
        self.after_write: Trouble = none

    async def read(self) -> dict[str, Any] | None:
        await self.trouble()
        return self.memory.lease

    async def write(self, lease: dict[str, Any]) -> dict[str, Any]:
        await self.trouble()
        now = self.memory.lease["metadata"].get("resourceVersion") if self.memory.lease else None
        if lease["metadata"].get("resourceVersion") != now:
            raise RuntimeError("409 Conflict")
        self.memory.version += 1
        self.memory.lease = {"metadata": {"uid": "u", "resourceVersion": str(self.memory.version)}} | {
            "spec": lease["spec"]
        }
        self.memory.writes.append((clock(), lease["spec"]["holderIdentity"]))
        await self.after_write()
        return self.memory.lease

    async def announce(self, message: str, now: datetime) -> None:
        await self.trouble()
        self.memory.announced.append(message)


def member(memory: Memory, name: str) -> tuple[Way, Leadership]:
    way = Way(memory)
    return way, Leadership(way, name, Timing())


def test_the_first_leads_and_the_second_waits_for_the_release() -> None:
    async def story() -> None:
        memory = Memory()
        (_, first), (_, second) = member(memory, "first"), member(memory, "second")
        await first.acquire()
        holding, waiting = asyncio.create_task(first.hold()), asyncio.create_task(second.acquire())
        await asyncio.sleep(3600)
        assert (memory.holder, holding.done(), waiting.done()) == ("first", False, False)
        holding.cancel()
        await asyncio.wait([holding])
        await first.release()
        began = clock()
        await waiting
        assert memory.holder == "second"
        assert since(began) <= 2
        assert memory.announced == ["first became leader", "second became leader"]

    play(story())


def test_a_leader_that_died_is_followed_after_the_duration_and_no_sooner() -> None:
    async def story() -> None:
        memory = Memory()
        (_, first), (_, second) = member(memory, "first"), member(memory, "second")
        await first.acquire()
        died = clock()
        await second.acquire()
        assert 15 <= since(died) <= 17
        assert memory.announced[1:] == ["second became leader; first didn't renew the Lease"]

    play(story())


def test_an_event_that_hangs_keeps_nobody_from_leading() -> None:
    async def story() -> None:
        memory = Memory()
        way, first = member(memory, "first")

        async def hang_from_now() -> None:
            way.trouble = hang

        way.after_write = hang_from_now
        began = clock()
        await first.acquire()
        assert (memory.holder, memory.announced, since(began) <= 1) == ("first", [], True)

    play(story())


async def refuse() -> None:
    raise RuntimeError("403 Forbidden")


async def cut() -> None:
    raise ConnectionResetError


async def hang() -> None:
    await asyncio.Event().wait()


async def surprise() -> None:
    raise KeyError("spec")


TROUBLES: dict[str, Trouble] = {"refused": refuse, "cut": cut, "hanging": hang, "nonsense": surprise}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_a_leader_that_cannot_renew_gives_up_before_another_may_lead(trouble: Trouble) -> None:
    async def story() -> None:
        memory = Memory()
        (way, first), (_, second) = member(memory, "first"), member(memory, "second")
        await first.acquire()
        holding, waiting = asyncio.create_task(first.hold()), asyncio.create_task(second.acquire())
        await asyncio.sleep(60)
        way.trouble = trouble
        last = memory.writes[-1][0]
        await asyncio.wait([holding])
        assert isinstance(holding.exception(), LeadershipLost)
        assert "not renewed for 10 s" in str(holding.exception())
        assert since(last) <= 10
        assert not waiting.done()
        await waiting
        assert 15 <= since(last) <= 19

    play(story())


def test_a_hiccup_of_half_the_deadline_costs_nothing() -> None:
    async def story() -> None:
        memory = Memory()
        way, first = member(memory, "first")
        await first.acquire()
        holding = asyncio.create_task(first.hold())
        for trouble in (*TROUBLES.values(), none):
            way.trouble = trouble
            await asyncio.sleep(5)
            way.trouble = none
            await asyncio.sleep(7)
        assert not holding.done()
        holding.cancel()

    play(story())


def test_an_answer_that_was_lost_on_the_way_is_no_conflict_with_ourselves() -> None:
    async def story() -> None:
        memory = Memory()
        way, first = member(memory, "first")
        await first.acquire()
        holding = asyncio.create_task(first.hold())
        way.after_write = cut
        await asyncio.sleep(5)
        way.after_write = none
        await asyncio.sleep(30)
        assert not holding.done()
        holding.cancel()

    play(story())


def test_a_lease_that_another_took_ends_us_at_once() -> None:
    async def story() -> None:
        memory = Memory()
        _, first = member(memory, "first")
        await first.acquire()
        holding = asyncio.create_task(first.hold())
        assert memory.lease
        await Way(memory).write(memory.lease | {"spec": memory.lease["spec"] | {"holderIdentity": "thief"}})
        taken = clock()
        await asyncio.wait([holding])
        assert str(holding.exception()) == "thief holds the lease"
        assert since(taken) <= 2
        await first.release()
        assert memory.holder == "thief"

    play(story())


def test_of_many_at_once_one_leads() -> None:
    async def story() -> None:
        memory = Memory()
        waiting = [asyncio.create_task(member(memory, f"p{i}")[1].acquire()) for i in range(10)]
        await asyncio.sleep(1)
        assert sum(task.done() for task in waiting) == 1
        for task in waiting:
            task.cancel()

    play(story())


def test_a_release_that_hangs_is_given_up() -> None:
    async def story() -> None:
        memory = Memory()
        way, first = member(memory, "first")
        await first.acquire()
        way.trouble = hang
        began = clock()
        await first.release()
        assert since(began) <= 1

    play(story())
