"""`/healthz`, `/readyz` and `/metrics`, up from the process's first moment.

Healthy means that what has to turn, turns: the workqueue of a leader; a standby has none. Ready is the
leader alone, so that nothing else is ever behind a Service.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

SILENT = 60.0
"""Seconds without a turn of the workqueue after which it counts as stuck."""


@dataclass
class Health:
    """What the probes answer by; the heartbeat is there once the process leads."""

    heartbeat: Callable[[], float] | None = None
    """Loop time at which the workqueue and the sweep had both turned."""

    def answer(self, now: float) -> tuple[int, str]:
        """Return status and text of `/healthz` at the loop time `now`."""
        if self.heartbeat is None:
            return 200, "standing by"
        silent = now - self.heartbeat()
        return 200 if silent < SILENT else 503, f"the workqueue, or the sweep, last turned {silent:.0f} s ago"


async def serve_probes(health: Health, port: int) -> None:
    """Start the server; it serves until the process ends."""

    async def healthz(_: web.Request) -> web.Response:
        status, text = health.answer(asyncio.get_running_loop().time())
        return web.Response(text=text + "\n", status=status)

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(text="leader\n") if health.heartbeat else web.Response(text="standing by\n", status=503)

    async def metrics(_: web.Request) -> web.Response:
        body = await asyncio.to_thread(generate_latest)  # of thousands of monitors it takes seconds
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def close(_: web.Request, response: web.StreamResponse) -> None:
        response.force_close()  # a connection kept open is a task, and kopf waits for tasks when it stops

    application = web.Application()
    application.on_response_prepare.append(close)
    routes = (("/healthz", healthz), ("/readyz", readyz), ("/metrics", metrics))
    application.add_routes([web.get(path, answer) for path, answer in routes])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
