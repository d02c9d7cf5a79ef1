"""How the process is told to end, and how it ends: within seconds, whatever still hangs."""

import asyncio
import logging
import os
import signal
import sys
from typing import Never

import structlog

log = structlog.get_logger()


class Stop:
    """The wish to stop, from a signal; and the word to kopf, given once we wind down."""

    def __init__(self) -> None:
        self._wanted = asyncio.Event()
        self.winding_down = asyncio.Event()

    def listen(self) -> None:
        """Take SIGTERM and SIGINT, from whoever had them."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._hear, number)

    def _hear(self, number: signal.Signals) -> None:
        log.info("stopping", signal=number.name)
        self._wanted.set()

    async def wait(self) -> None:
        """Wait until the process shall stop."""
        await self._wanted.wait()


def leave(code: int) -> Never:
    """End the process now. Python's own way would wait for threads that wait for a server that hangs."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
