"""A proxy before the real API server that lets everything pass, notes it, and at some calls does harm."""

import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector, web
from yarl import URL

from tests.faults.background import Background
from tests.faults.record import Call, Record
from tests.faults.replay import Answer, Replay

NOT_PASSED = ("host", "content-length", "transfer-encoding", "connection")
REASONS = {403: "Forbidden", 409: "Conflict", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable"}
PAST = "Wed, 21 Oct 2015 07:28:00 GMT"
"""As some balancers answer Retry-After: as a date, and one that no clock agrees on."""


@dataclass(frozen=True)
class Fault:
    """What happens at which call."""

    mode: str
    """kill-before, kill-after, lose-answer, or a status code."""
    at: str
    """The call, as `Record` names it, `PUT retrainruns/status Judging#2`: the second of its kind."""

    @property
    def is_deadly(self) -> bool:
        """Return whether the operator has to be started again."""
        return self.mode in ("kill-before", "kill-after")

    @property
    def starts(self) -> tuple[int, ...]:
        """How often each operator has to be started."""
        return (2,) if self.is_deadly else (1,)


class Proxy(Background):
    """Serves on a port of this host."""

    def __init__(self, upstream: str, trust: ssl.SSLContext, faults: Iterable[Fault], record: Record) -> None:
        super().__init__()
        self.upstream, self.trust, self.record = upstream, trust, record
        self.faults = {fault.at: fault for fault in faults}
        self.kill: Callable[[], None] = lambda: None
        self.replay = Replay()
        self._silent_before = 0.0
        """Watches opened before that time deliver nothing more."""

    async def serve(self) -> None:
        """Pass on what comes."""
        connector = TCPConnector(ssl=self.trust, limit=0)
        timeout = ClientTimeout(total=None)
        async with ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as self._session:
            await self.answer(self._handle, most_bytes=2**24, handler_cancellation=True)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        call = self.record.note(request.method, request.path, body)
        if call and (fault := self.faults.get(call.name)):
            return await self._harm(fault, request, call)
        if request.method == "GET" and (old := self.replay.answer(request.path_qs)):
            return web.Response(status=old.status, headers=old.headers, body=old.body)
        try:
            return await self._forward(request, body, call)
        except ClientError:  # the API server is away
            return cut(request)

    def silence(self, new_ones_too: bool) -> None:
        """Leave watches open and deliver nothing more on them; nor on those to come, until `speak`."""
        self._silent_before = float("inf") if new_ones_too else time.monotonic()

    def speak(self) -> None:
        """Deliver on the watches that come."""
        self._silent_before = time.monotonic()

    async def _harm(self, fault: Fault, request: web.Request, call: Call) -> web.StreamResponse:
        if fault.mode in ("kill-after", "lose-answer"):
            await self._send(request, call)
        self.record.fall(call)
        if fault.mode.isdigit():
            return refusal(int(fault.mode))
        if fault.is_deadly:
            self.kill()
        return cut(request)

    async def _send(self, request: web.Request, call: Call) -> None:
        """Have it done, and keep the answer to ourselves."""
        async with self._ask(request, call.body) as answer:
            await answer.read()
            self.record.answered(call, answer.status)

    def _ask(self, request: web.Request, body: bytes) -> Any:
        """Ask the API server. A body of no bytes would get a type, for which it refuses to name its kinds (415)."""
        url = URL(self.upstream + request.raw_path, encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in NOT_PASSED}
        return self._session.request(request.method, url, headers=headers, data=body or None)

    async def _forward(self, request: web.Request, body: bytes, call: Call | None) -> web.StreamResponse:
        async with self._ask(request, body) as answer:
            self.record.answered(call, answer.status)
            headers = {name: value for name, value in answer.headers.items() if name.lower() not in NOT_PASSED}
            if request.query.get("watch"):
                return await self._stream(request, answer, headers)
            said = Answer(answer.status, headers, await answer.read())
            if request.method == "GET":
                self.replay.remember(request.path_qs, said)
            return web.Response(status=said.status, headers=headers, body=said.body)

    async def _stream(
        self, request: web.Request, answer: ClientResponse, headers: dict[str, str]
    ) -> web.StreamResponse:
        opened = time.monotonic()
        reply = web.StreamResponse(status=answer.status, headers=headers)
        with suppress(ClientError, ConnectionError):  # an end that either side has cut off
            await reply.prepare(request)
            async for part in answer.content.iter_any():
                if opened > self._silent_before:
                    await reply.write(part)
            if opened < self._silent_before:
                await self.down.wait()
            await reply.write_eof()
        return reply


def cut(request: web.Request) -> web.Response:
    """Cut the connection."""
    if request.transport:
        request.transport.abort()
    return web.Response()


def refusal(code: int) -> web.Response:
    """Return a `Status` as the API server writes it."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": REASONS[code], "code": code}
    headers = {"Retry-After": PAST} if code == 429 else {}
    return web.json_response(status | {"message": f"injected: {code}"}, status=code, headers=headers)
