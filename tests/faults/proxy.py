"""A proxy before the real API server that lets everything pass, counts what writes, and at one call does harm."""

import asyncio
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web
from yarl import URL

WRITES = ("POST", "PUT", "PATCH", "DELETE")
NOT_PASSED = ("host", "content-length", "transfer-encoding", "connection")
REASONS = {403: "Forbidden", 409: "Conflict", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable"}
PAST = "Wed, 21 Oct 2015 07:28:00 GMT"
"""As some balancers answer Retry-After: as a date, and one that no clock agrees on."""


@dataclass(frozen=True)
class Fault:
    """What happens at which call."""

    mode: str
    """kill-before, kill-after, lose-answer, or a status code."""
    call: str
    """As `name_call` has it, `PUT retrainruns/status#2`: the second of its kind."""


@dataclass
class Record:
    """The calls that write, in order."""

    calls: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """What the API server answered to those that reached it."""
    bodies: list[bytes] = field(default_factory=list)
    last: float = 0.0
    """When the last call that writes came, by the monotonic clock."""


def kind_of(method: str, path: str) -> str:
    """Return `PUT retrainruns/status` for a call that writes; empty for one that reads, or posts an Event."""
    parts = path.strip("/").split("/")
    if method not in WRITES or "namespaces" not in parts or "events" in parts:
        return ""
    resource, *rest = parts[parts.index("namespaces") + 2 :]
    return f"{method} {'/'.join([resource, *rest[1:]])}"


class Proxy:
    """Serves on a port of this host, in a thread of its own."""

    def __init__(self, upstream: str, trust: ssl.SSLContext, fault: Fault | None) -> None:
        self.upstream, self.trust, self.fault = upstream, trust, fault
        self.record, self.fired = Record(), threading.Event()
        self.kill: Callable[[], None] = lambda: None
        self.port = 0
        self._seen: Counter[str] = Counter()
        self._up, self._down = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        assert self._up.wait(10), "the proxy didn't start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._down.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        connector = TCPConnector(ssl=self.trust, limit=0)
        timeout = ClientTimeout(total=None)
        async with ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as self._session:
            app = web.Application(client_max_size=2**24)
            app.router.add_route("*", "/{path:.*}", self._handle)
            runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.port = runner.addresses[0][1]
            self._up.set()
            await self._down.wait()
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        kind = kind_of(request.method, request.path)
        body = await request.read()
        if not kind:
            return await self._forward(request, body)
        self._seen[kind] += 1
        call = f"{kind}#{self._seen[kind]}"
        self.record.calls.append(call)
        self.record.bodies.append(body)
        self.record.last = time.monotonic()
        if self.fault is None or call != self.fault.call:
            answer = await self._forward(request, body)
            self.record.statuses.append(answer.status)
            return answer
        return await self._harm(self.fault.mode, request, body)

    async def _harm(self, mode: str, request: web.Request, body: bytes) -> web.StreamResponse:
        if mode.isdigit():
            self.fired.set()
            return refusal(int(mode))
        if mode == "kill-before":
            self.kill()
        else:
            await self._send(request, body)
        if mode == "kill-after":
            self.kill()
        if request.transport:
            request.transport.abort()
        self.fired.set()
        return web.Response()

    async def _send(self, request: web.Request, body: bytes) -> None:
        """Have it done, and keep the answer to ourselves."""
        async with self._ask(request, body) as answer:
            await answer.read()
            self.record.statuses.append(answer.status)

    def _ask(self, request: web.Request, body: bytes) -> Any:
        url = URL(self.upstream + request.raw_path, encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in NOT_PASSED}
        return self._session.request(request.method, url, headers=headers, data=body)

    async def _forward(self, request: web.Request, body: bytes) -> web.StreamResponse:
        async with self._ask(request, body) as answer:
            headers = {name: value for name, value in answer.headers.items() if name.lower() not in NOT_PASSED}
            reply = web.StreamResponse(status=answer.status, headers=headers)
            with suppress(ClientError, ConnectionError):  # an end that either side has cut off
                await reply.prepare(request)
                async for part in answer.content.iter_any():
                    await reply.write(part)
                await reply.write_eof()
            return reply


def refusal(code: int) -> web.Response:
    """Return a `Status` as the API server writes it."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": REASONS[code], "code": code}
    headers = {"Retry-After": PAST} if code == 429 else {}
    return web.json_response(status | {"message": f"injected: {code}"}, status=code, headers=headers)
