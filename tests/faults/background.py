"""Something that serves or listens beside the test, on an event loop in a thread of its own."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import web


class Background:
    """What `serve` does goes on until the block ends."""

    def __init__(self) -> None:
        self.up = threading.Event()
        """Set by `serve` once it is ready."""
        self.down = asyncio.Event()
        """Set where `serve` shall end."""
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    async def serve(self) -> None:
        """Do it."""
        raise NotImplementedError

    async def answer(
        self, handle: Callable[[web.Request], Awaitable[web.StreamResponse]], most_bytes: int, **settings: Any
    ) -> None:
        """Have requests handled on a port of this host, which is `port` from then on, until the end."""
        app = web.Application(client_max_size=most_bytes)
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, shutdown_timeout=1, access_log=None, **settings)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        self.up.set()
        await self.down.wait()
        await runner.cleanup()

    def _run(self) -> None:
        self._loop.run_until_complete(self.serve())
        self._loop.close()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self.up.wait(30), f"{type(self).__name__} isn't ready"
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self.down.set)
        self._thread.join(10)
