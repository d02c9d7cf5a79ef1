"""A TCP proxy that can stop forwarding: a stand-in for a half-open connection, which no real network makes on demand.

Both ends stay open and nothing more comes: so looks a firewall that forgot a connection, or a peer that vanished. To
those who come through it, it can also look like a server that stands still for a while, or is down.
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
        self._writers: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._flowing.set()
        await self.listen()
        return self

    async def listen(self) -> None:
        """Take connections, on the same port each time."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()

    def silence(self, *, new_ones_too: bool) -> None:
        """Forward nothing more on the connections that are open; nor on those to come."""
        for silent in self._open:
            silent.set()
        self._silent = new_ones_too

    def refuse(self) -> None:
        """Cut all connections and take no new ones: so looks a server that is down."""
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self) -> None:
        """Forward nothing until `thaw`, and lose nothing: so looks a server that was stopped, and goes on."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Go on where `freeze` stopped."""
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent = asyncio.Event()
        if self._silent:
            silent.set()
        self._open.append(silent)
        upstream_reader, upstream_writer = await asyncio.open_connection(*self._upstream)
        for source, sink in ((reader, upstream_writer), (upstream_reader, writer)):
            self._writers.add(sink)
            task = asyncio.create_task(self._pump(source, sink, silent))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, silent: asyncio.Event) -> None:
        try:
            while data := await source.read(65536):
                await self._flowing.wait()
                if not silent.is_set():
                    sink.write(data)
                    await sink.drain()
        except OSError:
            pass
        finally:
            self._writers.discard(sink)
            if not silent.is_set():
                sink.close()
