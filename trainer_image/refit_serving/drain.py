"""How the server leaves without losing a request.

A pod that is being deleted still gets requests until every proxy has heard of it. So after SIGTERM the server says that
it isn't ready, goes on answering for a while, asks its clients to open new connections, and only then closes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any

import uvicorn

log = logging.getLogger(__name__)
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Drain:
    """Whether the server is leaving; the endpoints read it."""

    def __init__(self) -> None:
        self.is_draining = False


class DrainingServer(uvicorn.Server):  # type: ignore[misc]
    """A server whose first SIGTERM starts the draining; uvicorn's own would close the socket at once."""

    def __init__(self, config: uvicorn.Config, drain: Drain, seconds: float) -> None:
        super().__init__(config)
        self._drain = drain
        self._seconds = seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain, or exit at a second signal; the exit code stays 0."""
        if self._drain.is_draining:
            self.should_exit = True
            return
        self._drain.is_draining = True
        asyncio.get_running_loop().call_soon_threadsafe(self._schedule_exit)

    def _schedule_exit(self) -> None:
        log.info("server.draining seconds=%s", self._seconds)
        asyncio.get_running_loop().call_later(self._seconds, setattr, self, "should_exit", True)


class CloseConnections:
    """ASGI middleware: while draining, each reply asks its client to reconnect, and so to reach another pod."""

    def __init__(self, app: Any, drain: Drain) -> None:
        self._app = app
        self._drain = drain

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        """Pass the request on; add `connection: close` to the reply's head while draining."""

        async def send_closing(message: Message) -> None:
            if self._drain.is_draining and message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            await send(message)

        await self._app(scope, receive, send_closing if scope["type"] == "http" else send)
