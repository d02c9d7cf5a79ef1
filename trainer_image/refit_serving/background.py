"""Work beside the requests, in a task of its own."""

import asyncio
from contextlib import suppress


async def end(task: asyncio.Task[None] | None) -> None:
    """Cancel a task, and wait until it is over; None: it was never begun."""
    if task:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
