"""Takes connections, or refuses them before anything of TLS is read: one that has begun holds its buffers."""

import asyncio
import ssl
from collections import Counter
from traceback import clear_frames

from aiohttp import web

from refit_operator.observability.metrics import CONNECTIONS_REFUSED
from refit_operator.progress.rules.shares import gives_way

MOST_CONNECTIONS = 128
MOST_OF_ONE_ADDRESS = 16
HANDSHAKE_SECONDS = 5.0
LONGEST_CONNECTION = 10.0
"""Seconds after which a connection is closed, whatever came: a report is one request, which takes milliseconds."""


class Listener:
    """Counts connections in all and by address: those of the server, and those that haven't agreed on TLS yet."""

    def __init__(self, server: web.Server, tls: ssl.SSLContext) -> None:
        self._server, self._tls = server, tls
        self._handshakes: dict[asyncio.Transport, str] = {}
        """Those under way with their addresses, the oldest first."""
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, port: int) -> None:
        """Listen until the process ends."""
        await asyncio.get_running_loop().create_server(lambda: Early(self), port=port)

    def take(self, transport: asyncio.Transport, early: "Early") -> None:
        """Begin with TLS, or close the connection where there are too many."""
        address = _address_of(transport)
        if not self._has_room(address):
            CONNECTIONS_REFUSED.inc()
            transport.abort()
            return
        transport.pause_reading()  # what is read before TLS begins would be lost
        task = asyncio.get_running_loop().create_task(self._secure(transport, early, address))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _has_room(self, address: str) -> bool:
        """Say whether a connection of the address may be taken, and make room where others have more than their share.

        A connection that was aborted is still there until the event loop's next turn, and doesn't count.
        """
        served = {one.transport: _address_of(one.transport) for one in self._server.connections if one.transport}
        open_ones = [(one, of) for one, of in (*self._handshakes.items(), *served.items()) if not one.is_closing()]
        held = Counter(of for _, of in open_ones)
        if held.total() < MOST_CONNECTIONS or held[address] >= MOST_OF_ONE_ADDRESS:
            return held[address] < MOST_OF_ONE_ADDRESS
        loser = gives_way(held, address)
        if loser:
            CONNECTIONS_REFUSED.inc()
            next(one for one, of in open_ones if of == loser).abort()
        return loser != ""

    async def _secure(self, transport: asyncio.Transport, early: "Early", address: str) -> None:
        self._handshakes[transport] = address
        try:
            secured = await asyncio.get_running_loop().start_tls(
                transport, early, self._tls, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except OSError as error:  # a TLS error is one, a handshake that takes too long another
            transport.abort()
            clear_frames(error.__traceback__)  # it and what it went through hold each other, buffers included
        else:
            self._hand_over(secured, early)
        finally:
            del self._handshakes[transport]

    def _hand_over(self, secured: asyncio.Transport | None, early: "Early") -> None:
        """Let the server go on, for so long at most; a client may have left meanwhile."""
        if secured is None or secured.is_closing():
            return
        protocol = self._server()
        secured.set_protocol(protocol)
        protocol.connection_made(secured)
        if early.received:
            protocol.data_received(bytes(early.received))
        asyncio.get_running_loop().call_later(LONGEST_CONNECTION, _end, protocol)


def _end(protocol: web.RequestHandler) -> None:
    """Close a connection that is still open; its transport can't be asked: by 3.11.2, one that has ended raises."""
    if protocol.transport is not None:
        protocol.transport.abort()


class Early(asyncio.Protocol):
    """A connection until the server takes it over; the head may come with the end of the handshake."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have the listener decide."""
        assert isinstance(transport, asyncio.Transport)
        self._listener.take(transport, self)

    def data_received(self, data: bytes) -> None:
        """Keep what came."""
        self.received += data


def _address_of(transport: asyncio.BaseTransport | None) -> str:
    peer = transport.get_extra_info("peername") if transport else None
    return str(peer[0]) if peer else ""
