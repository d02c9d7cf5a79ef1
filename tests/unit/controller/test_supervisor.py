"""The parts of a process that leads: the first to end takes the others with it, in time, and says which it was."""

import asyncio
from types import CoroutineType
from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.controller.shutdown import Shutdown
from refit_operator.controller.supervisor import resync, run_until_first_ends
from refit_operator.controller.watchdog import WatchSilent
from refit_operator.controller.workqueue import Workqueue
from refit_operator.leadership.elect import LeadershipLost
from refit_operator.ports import Ports
from refit_operator.settings import Settings
from tests.support.jumping import clock, play, since
from tests.support.samples import monitor_document
from tests.support.sweeps import no_sweep


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


class Panic(BaseException):
    """As a library's that isn't written in Python: no Exception."""


class Troubled:
    """A stand-in for a detector that one monitor's breach is too much for: the detector itself has none to offer."""

    def __init__(self, raised: BaseException) -> None:
        self.raised, self.recorded = raised, list[Ref]()

    def __contains__(self, ref: Ref) -> bool:
        if ref.name == "m1":
            raise self.raised
        self.recorded.append(ref)
        return True


class Listed:
    """A stand-in for the API server: a list of monitors."""

    async def list_objects(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
        return [monitor_document() | {"metadata": {"namespace": "shop", "name": f"m{n}"}} for n in range(3)]


@pytest.mark.parametrize("raised", [Panic("panicked"), RecursionError(), OverflowError()], ids=repr)
def test_a_monitor_that_cant_be_taken_in_keeps_none_from_it(raised: BaseException) -> None:
    async def story() -> None:
        anything: Any = None
        detector, cluster = Troubled(raised), Listed()
        queue = Workqueue(anything, 1)
        task = asyncio.create_task(resync(queue, no_sweep(), Ports(cluster, anything, detector), Settings()))  # type: ignore[arg-type]
        await asyncio.sleep(10)
        assert not task.done()
        assert [Ref("shop", f"m{n}") in queue for n in range(3)] == [True] * 3
        task.cancel()

    play(story())


def test_a_long_list_of_monitors_lets_others_have_their_turn() -> None:
    async def story() -> None:
        anything: Any = None
        queue = Workqueue(anything, 1)
        ports = Ports(Listed(), anything, Troubled(OSError()))  # type: ignore[arg-type]
        task = asyncio.create_task(resync(queue, no_sweep(), ports, Settings()))
        seen = set[int]()
        for _ in range(20):
            await asyncio.sleep(0)
            seen.add(sum(Ref("shop", f"m{n}") in queue for n in range(3)))
        assert seen == {1, 2, 3}
        task.cancel()

    play(story())


def with_deaf_ones_left_behind(story: Any) -> None:
    """Play a story, and forget the tasks that can't be ended: the process ends them."""

    async def watched() -> None:
        await story()
        for coroutine in (task.get_coro() for task in asyncio.all_tasks()):
            if isinstance(coroutine, CoroutineType) and coroutine.__name__ == "deaf":
                coroutine.close()

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
