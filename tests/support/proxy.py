"""A forward proxy as companies have them: a tunnel for https (CONNECT), requests by their whole address for http."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

BUFFER = 65536


class Proxy:
    """What was asked of it, and what it answers instead of doing so, where it refuses."""

    def __init__(self, login: str = "", refuses: str = "") -> None:
        self.asked: list[str] = []
        self.refuses = refuses
        self._login = f"proxy-authorization: basic {b64encode(login.encode()).decode()}".lower() if login else ""
        self.url = ""
        self._news = asyncio.Condition()

    async def was_asked(self, times: int) -> None:
        """Wait for so many requests."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.asked) >= times)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request, and pass on what comes after it."""
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            verb, address, _ = head.split(maxsplit=2)
            async with self._news:
                self.asked.append(f"{verb} {address}")
                self._news.notify_all()
            problem = self.refuses or ("" if self._login in head.lower() else "407 Proxy Authentication Required")
            if problem:
                writer.write(f"HTTP/1.1 {problem}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                await writer.drain()
            elif verb == "CONNECT":
                await self._tunnel(reader, writer, address)
            else:
                await self._forward(reader, writer, head, address)
        writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str) -> None:
        host, _, port = address.rpartition(":")
        there_reader, there = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pass_on(reader, there), _pass_on(there_reader, writer))

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str, address: str
    ) -> None:
        parts = urlsplit(address)
        there_reader, there = await asyncio.open_connection(parts.hostname, parts.port or 80)
        there.write(head.replace(address, parts.path, 1).encode())
        await asyncio.gather(_pass_on(reader, there), _pass_on(there_reader, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until there are no more."""
    with suppress(OSError):
        while piece := await reader.read(BUFFER):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def proxying(proxy: Proxy) -> AsyncIterator[Proxy]:
    """Have the proxy listen, and its `url` lead to it."""
    async with await asyncio.start_server(proxy.answer, "127.0.0.1", 0) as server:
        proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield proxy
