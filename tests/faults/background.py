"""Something that serves or listens beside the test, on an event loop in a thread of its own."""

import asyncio
import threading
from typing import Self


class Background:
    """What `serve` does goes on until the block ends."""

    def __init__(self) -> None:
        self.up = threading.Event()
        """Set by `serve` once it is ready."""
        self.down = asyncio.Event()
        """Set where `serve` shall end."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    async def serve(self) -> None:
        """Do it."""
        raise NotImplementedError

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
