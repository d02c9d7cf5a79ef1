"""A TCP proxy that can stop forwarding: a stand-in for a half-open connection, which no real network makes on demand.

Both ends stay open and nothing more comes: so looks a firewall that forgot a connection, or a peer that vanished.
"""

import asyncio
from types import TracebackType
from typing import Self


class Wedge:
    """Forwards to one address until it is told to be silent."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream = host, port
        self._silent = False
        self._open: list[asyncio.Event] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()

    def silence(self, *, new_ones_too: bool) -> None:
        """Forward nothing more on the connections that are open; nor on those to come."""
        for silent in self._open:
            silent.set()
        self._silent = new_ones_too

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent = asyncio.Event()
        if self._silent:
            silent.set()
        self._open.append(silent)
        upstream_reader, upstream_writer = await asyncio.open_connection(*self._upstream)
        for source, sink in ((reader, upstream_writer), (upstream_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink, silent))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, silent: asyncio.Event) -> None:
        try:
            while data := await source.read(65536):
                if not silent.is_set():
                    sink.write(data)
                    await sink.drain()
        except OSError:
            pass
        finally:
            if not silent.is_set():
                sink.close()
