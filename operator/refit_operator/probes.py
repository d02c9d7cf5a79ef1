"""`/healthz` and `/metrics`. Healthy means that the schedule turns, not merely that the process is there."""

import asyncio

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from refit_operator.schedule import Schedule

SILENT = 60.0
"""Seconds without a turn of the schedule after which it counts as stuck."""


async def serve_probes(schedule: Schedule, port: int) -> web.AppRunner:
    """Start the server; the caller cleans the runner up."""

    async def healthz(_: web.Request) -> web.Response:
        silent = asyncio.get_running_loop().time() - schedule.heartbeat
        text = f"the schedule last turned {silent:.0f} s ago\n"
        return web.Response(text=text, status=200 if silent < SILENT else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    application.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner
