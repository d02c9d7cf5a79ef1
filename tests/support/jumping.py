"""An event loop whose clock jumps: where nothing is ready, it is at once as late as the next thing is due.

A stand-in for waiting: hours pass in milliseconds, in the order in which they would, and always in the same one.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
TICK = 1e-9
"""The shortest jump: a real clock goes on, also while nothing is waited for."""


class _Selector(selectors.DefaultSelector):
    """Moves the clock by what would have been waited."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if timeout is None and not ready:
            raise AssertionError("nothing is ready and nothing is due: the test waits for ever")
        if not ready:
            self.now += max(timeout or 0, TICK)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Selector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def play(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(coroutine)


def clock() -> float:
    """Return the loop's time."""
    return asyncio.get_running_loop().time()


def since(then: float) -> float:
    """Return the seconds since then, to the millisecond."""
    return round(clock() - then, 3)
