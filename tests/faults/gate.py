"""A server as those alone see it who come through the gate: it can stand still, or be down, and nobody else notices.

A stand-in for a fault of the real server: that one is the whole cluster's, and other loops stand on it.
"""

import asyncio

from tests.faults.background import Background
from tests.support.cluster.wedge import Wedge


class Gate(Background):
    """Forwards to a port of this host."""

    def __init__(self, upstream: int) -> None:
        super().__init__()
        self.upstream = upstream
        self.port = 0

    async def serve(self) -> None:
        """Forward what comes."""
        async with Wedge("127.0.0.1", self.upstream) as self._wedge:
            self.port = self._wedge.port
            self.up.set()
            await self.down.wait()

    def freeze(self) -> None:
        """Let nothing pass, and lose nothing."""
        self._loop.call_soon_threadsafe(self._wedge.freeze)

    def thaw(self) -> None:
        """Go on."""
        self._loop.call_soon_threadsafe(self._wedge.thaw)

    def refuse(self) -> None:
        """Cut what is open and take nothing new."""
        self._loop.call_soon_threadsafe(self._wedge.refuse)

    def accept(self) -> None:
        """Take connections again."""
        asyncio.run_coroutine_threadsafe(self._wedge.listen(), self._loop).result(10)
