"""How much of requests is held in memory: their number, and the bytes of their bodies, in all and of each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request

from refit_serving.refusals import Refused


@dataclass(frozen=True, slots=True)
class AdmissionBounds:
    """What is held at once at most, and how long a body may take to come."""

    requests: int
    body_bytes: int
    total_bytes: int
    body_seconds: float


@dataclass(eq=False, slots=True)
class _Reading:
    """A body that hasn't come in whole yet."""

    deadline: asyncio.Timeout
    body: bytearray = field(default_factory=bytearray)
    is_dropped: bool = False


class Admission:
    """Reads bodies and holds them until their requests are answered.

    What hasn't come in whole makes room for others, the largest first, so that half-sent requests keep nobody out.
    """

    def __init__(self, bounds: AdmissionBounds) -> None:
        self._bounds = bounds
        self._answering = 0
        self._bytes = 0
        self._unfinished: set[_Reading] = set()

    @asynccontextmanager
    async def admit(self, request: Request) -> AsyncIterator[bytes]:
        """Return a request's body, which counts until the block is left; raise Refused where there is no room."""
        body = await self._read(request)
        if self._answering >= self._bounds.requests:
            raise Refused(503, f"{self._answering} requests are being answered already", retry_after=1)
        self._answering += 1
        self._bytes += len(body)
        try:
            yield body
        finally:
            self._answering -= 1
            self._bytes -= len(body)

    async def _read(self, request: Request) -> bytes:
        if int(request.headers.get("content-length", 0)) > self._bounds.body_bytes:
            raise self._too_large()
        reading = _Reading(asyncio.timeout(self._bounds.body_seconds))
        try:
            async with reading.deadline:
                await self._collect(request, reading)
        except TimeoutError:
            if reading.is_dropped:
                raise Refused(503, "too many bodies are on their way", retry_after=1) from None
            raise Refused(408, f"the body took more than {self._bounds.body_seconds:g} s", closes=True) from None
        except ClientDisconnect:
            raise Refused(400, "the client has gone") from None
        finally:
            self._drop(reading)
        return bytes(reading.body)

    async def _collect(self, request: Request, reading: _Reading) -> None:
        self._unfinished.add(reading)
        async for chunk in request.stream():
            reading.body += chunk
            self._bytes += len(chunk)
            if len(reading.body) > self._bounds.body_bytes:
                raise self._too_large()
            self._make_room()

    def _make_room(self) -> None:
        while self._bytes > self._bounds.total_bytes and self._unfinished:
            largest = max(self._unfinished, key=lambda reading: len(reading.body))
            largest.is_dropped = True
            self._drop(largest)
            largest.deadline.reschedule(asyncio.get_running_loop().time())

    def _drop(self, reading: _Reading) -> None:
        if reading in self._unfinished:
            self._unfinished.remove(reading)
            self._bytes -= len(reading.body)

    def _too_large(self) -> Refused:
        return Refused(413, f"a request has at most {self._bounds.body_bytes} bytes")
