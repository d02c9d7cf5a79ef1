"""The status server of Kubeflow Trainer's contract, for pods of runs: answered at once, written later."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiohttp import web

from refit_operator.api.metadata import Ref
from refit_operator.observability.metrics import REPORTS
from refit_operator.progress.authentication import Refusal, Tracer
from refit_operator.progress.cache import Latest
from refit_operator.progress.rules.payload import LARGEST_BODY, parse_report
from refit_operator.progress.rules.pod_identity import Caller

SLOWEST_BODY = 2.0
"""Seconds in which a report has to arrive."""
WRITTEN_AFTER = timedelta(seconds=10)
"""A report wakes the run's monitor that much later, so that one look writes whatever came until then."""
STATUS = {Refusal.UNAUTHENTICATED: 401, Refusal.NOT_A_RUN: 403, Refusal.UNAVAILABLE: 503}
Wake = Callable[[Ref, timedelta], None]


class Endpoint:
    """Takes reports."""

    def __init__(self, tracer: Tracer, latest: Latest, wake: Wake) -> None:
        self._tracer, self._latest, self._wake = tracer, latest, wake

    def listens(self) -> None:
        """Note that reports are taken from now on."""
        self._latest.heard_since = _now()

    async def take(self, request: web.Request) -> web.Response:
        """Answer one report."""
        status = await self._status(request)
        REPORTS.labels(str(status)).inc()
        return web.Response(status=status)

    async def _status(self, request: web.Request) -> int:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            return 401
        caller = await self._tracer.trace(token.strip())
        if caller is Refusal.UNAVAILABLE:
            self._latest.heard_since = _now()
        if isinstance(caller, Refusal):
            return STATUS[caller]
        try:
            async with asyncio.timeout(SLOWEST_BODY):
                return self._keep(caller, await request.read())
        except TimeoutError:
            return 408
        except web.HTTPRequestEntityTooLarge:
            return 413

    def _keep(self, caller: Caller, body: bytes) -> int:
        progress = parse_report(body, caller.pod, _now())
        if progress is None:
            return 400
        first = self._latest.put(caller.run, progress)
        self._wake(caller.monitor, timedelta(0) if first else WRITTEN_AFTER)
        return 200  # the only status that trainers count as success


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def make_application(endpoint: Endpoint) -> web.Application:
    """Return the application; any path will do, since trainers post to the URL that they were given."""

    async def close(_: web.Request, response: web.StreamResponse) -> None:
        response.force_close()  # a connection kept open is a task, and kopf waits for tasks when it stops

    application = web.Application(client_max_size=LARGEST_BODY)
    application.on_response_prepare.append(close)
    application.add_routes([web.post("/{path:.*}", endpoint.take)])
    return application


async def serve_progress(endpoint: Endpoint, port: int, tls: ssl.SSLContext) -> None:
    """Start the server; it serves until the process ends."""
    runner = web.AppRunner(make_application(endpoint), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port, ssl_context=tls).start()
    endpoint.listens()
