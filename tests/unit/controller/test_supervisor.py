"""The parts of a process that leads: the first to end takes the others with it, in time, and says which it was."""

import asyncio
from typing import Any

import pytest

from refit_operator.controller.shutdown import Shutdown
from refit_operator.controller.supervisor import run_until_first_ends
from refit_operator.controller.watchdog import WatchSilent
from refit_operator.leadership.elect import LeadershipLost
from tests.support.jumping import clock, play, since


async def forever() -> None:
    await asyncio.Event().wait()


async def briefly() -> None:
    await asyncio.sleep(100)


async def silent_watch() -> None:
    await asyncio.sleep(100)
    raise WatchSilent("the watch of pods was last opened 181 s ago")


async def lost_lease() -> None:
    await asyncio.sleep(100)
    raise LeadershipLost("somebody holds the lease")


async def deaf() -> None:
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue


ALL: dict[str, Any] = dict.fromkeys(("stop", "watch", "schedule", "resync", "watchdog", "lease"), forever)
ENDS: dict[str, tuple[dict[str, Any], str, float]] = {
    "a shutdown requested": ({"stop": briefly, "watch": briefly}, "watch", 0),
    "a silent watch": ({"watchdog": silent_watch}, "watchdog", 3),
    "a schedule that ends": ({"schedule": briefly}, "schedule", 3),
    "a lost lease, at once": ({"lease": lost_lease, "watch": deaf}, "lease", 0),
    "a shutdown requested, and deaf": ({"stop": briefly, "watch": deaf}, "stop", 4),
}


@pytest.mark.parametrize(("parts", "want", "limit"), ENDS.values(), ids=ENDS)
def test_the_part_that_ended(parts: dict[str, Any], want: str, limit: float) -> None:
    async def story() -> None:
        began = clock()
        ended = await run_until_first_ends({name: part() for name, part in (ALL | parts).items()}, Shutdown())
        assert ended == want
        assert since(began) <= 100 + limit

    with_deaf_ones_left_behind(story)


def with_deaf_ones_left_behind(story: Any) -> None:
    """Play a story, and forget the tasks that can't be ended: the process ends them."""

    async def watched() -> None:
        await story()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.get_coro().close() if task.get_coro().__name__ == "deaf" else task.cancel()

    play(watched())


def test_the_lease_is_held_until_the_others_have_ended() -> None:
    order: list[str] = []

    async def slow(name: str, seconds: float) -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(seconds)
            order.append(name)

    async def story() -> None:
        stop = Shutdown()

        async def kopf() -> None:
            await stop.winding_down.wait()
            await asyncio.sleep(2)
            order.append("watch")

        parts = {"stop": briefly(), "schedule": slow("schedule", 1), "watch": kopf(), "lease": slow("lease", 0)}
        assert await run_until_first_ends(parts, stop) == "stop"
        assert order == ["schedule", "watch", "lease"]

    play(story())
