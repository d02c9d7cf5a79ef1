"""Connections: how many there are, and how long one may be silent in the middle of a request.

uvicorn's own `limit_concurrency` counts connections that rest, and would refuse the probes of a pod that is only busy.
"""

import asyncio
from collections import OrderedDict
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class Connections:
    """All connections, the one that has rested the longest first; it goes where a new one has no room."""

    def __init__(self, most: int, head_seconds: float) -> None:
        self.head_seconds = head_seconds
        self._most = most
        self._open: OrderedDict[BoundedProtocol, None] = OrderedDict()

    def add(self, new: "BoundedProtocol") -> None:
        """Note a new connection; close another one where there are too many."""
        self._open[new] = None
        if len(self._open) > self._most:
            next((one for one in self._open if not one.is_answering), new).abort()

    def note_use(self, used: "BoundedProtocol") -> None:
        """Note that a connection has just been used."""
        if used in self._open:
            self._open.move_to_end(used)

    def remove(self, gone: "BoundedProtocol") -> None:
        """Forget a connection."""
        self._open.pop(gone, None)


class BoundedProtocol(H11Protocol):  # type: ignore[misc]
    """uvicorn's protocol, which closes a connection whose request doesn't come in whole."""

    def __init__(self, *args: Any, connections: Connections, **named: Any) -> None:
        super().__init__(*args, **named)
        self._all = connections
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_answering(self) -> bool:
        """Whether a request has come in whole and isn't answered yet."""
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def abort(self) -> None:
        """Close at once, whatever hasn't been sent."""
        self._all.remove(self)
        self.transport.abort()

    def connection_made(self, transport: Any) -> None:
        """Expect a head."""
        super().connection_made(transport)
        self._all.add(self)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Expect the rest of a head from its first byte on; a body has the application's time limit."""
        if not self._is_in_request():
            self._expect_head()
        super().data_received(data)
        if self._timer and self._is_in_request():
            self._timer.cancel()
            self._timer = None

    def on_response_complete(self) -> None:
        """Note the use."""
        super().on_response_complete()
        self._all.note_use(self)

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that rests; abort it where its client hasn't even read the last reply."""
        if self.transport.get_write_buffer_size():
            self.abort()
        else:
            super().timeout_keep_alive_handler()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._all.remove(self)
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def _is_in_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self._all.head_seconds, self._close_silent)

    def _close_silent(self) -> None:
        self._timer = None
        if not self._is_in_request():
            self.abort()
