"""From SIGTERM to the end of the process: within seconds, whatever still hangs."""

import asyncio
import logging
import os
import signal
import sys
from typing import Never

import structlog

log = structlog.get_logger()


class Shutdown:
    """A requested shutdown, from a signal; and the flag that stops kopf, set once the other tasks wind down."""

    def __init__(self) -> None:
        self._requested = asyncio.Event()
        self.winding_down = asyncio.Event()

    def listen(self) -> None:
        """Handle SIGTERM and SIGINT, whoever handled them before."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal, number)

    def _on_signal(self, number: signal.Signals) -> None:
        log.info("shutting down", signal=number.name)
        self._requested.set()

    async def wait(self) -> None:
        """Wait until a shutdown is requested."""
        await self._requested.wait()


def exit_now(code: int) -> Never:
    """End the process now. Python's own way would wait for threads that wait for a server that hangs."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
