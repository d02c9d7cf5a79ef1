"""The status server of Kubeflow Trainer's contract, for pods of runs: answered at once, written later."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta

from aiohttp import web

from refit_operator.api.metadata import Ref
from refit_operator.kubernetes_api.clock import utc_now
from refit_operator.observability.metrics import REPORTS
from refit_operator.progress.authentication import Authenticator, Refusal
from refit_operator.progress.cache import ProgressCache
from refit_operator.progress.listener import Listener
from refit_operator.progress.rules.payload import LARGEST_BODY, parse_report
from refit_operator.progress.rules.pod_identity import Caller

SLOWEST_BODY = 2.0
"""Seconds in which a report has to arrive."""
WRITTEN_AFTER = timedelta(seconds=10)
"""A report enqueues the run's monitor that much later, so that one reconciliation writes whatever came until then."""
STATUS = {
    Refusal.UNAUTHENTICATED: 401,
    Refusal.NOT_A_RUN: 403,
    Refusal.NOT_SERVED: 421,
    Refusal.TOO_MANY: 429,
    Refusal.UNAVAILABLE: 503,
}
WORDS = {421: "this operator doesn't serve the pod's namespace (REFIT_NAMESPACES, REFIT_NAMESPACE): another one may\n"}
"""What an answer says where its status alone wouldn't tell an administrator what to change."""
Enqueue = Callable[[Ref, timedelta], None]


class ProgressServer:
    """Receives reports."""

    def __init__(self, authenticator: Authenticator, cache: ProgressCache, enqueue: Enqueue) -> None:
        self._authenticator, self._cache, self._enqueue = authenticator, cache, enqueue

    def listens(self) -> None:
        """Note that reports are taken from now on."""
        self._cache.listening_since = _now()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one report."""
        status = await self._status(request)
        REPORTS.labels(str(status)).inc()
        return web.Response(status=status, text=WORDS.get(status))

    async def _status(self, request: web.Request) -> int:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            return 401
        caller = await self._authenticator.authenticate(token.strip(), request.remote or "")
        if caller is Refusal.UNAVAILABLE:
            self._cache.listening_since = _now()
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
        first = self._cache.put(caller.run, progress)
        self._enqueue(caller.monitor, timedelta(0) if first else WRITTEN_AFTER)
        return 200  # the only status that trainers count as success


def _now() -> datetime:
    return utc_now().replace(microsecond=0)


def make_application(server: ProgressServer) -> web.Application:
    """Return the application; any path will do, since trainers post to the URL that they were given."""

    async def close(_: web.Request, response: web.StreamResponse) -> None:
        response.force_close()  # a connection kept open is a task, and kopf waits for tasks when it stops

    application = web.Application(client_max_size=LARGEST_BODY)
    application.on_response_prepare.append(close)
    application.add_routes([web.post("/{path:.*}", server.handle)])
    return application


async def serve_progress(server: ProgressServer, port: int, tls: ssl.SSLContext) -> None:
    """Start the server; it serves until the process ends."""
    runner = web.AppRunner(make_application(server), access_log=None)
    await runner.setup()
    assert runner.server is not None  # made by the setup
    await Listener(runner.server, tls).listen(port)
    server.listens()
