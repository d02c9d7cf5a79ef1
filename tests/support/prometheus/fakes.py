"""Fake servers for what a real Prometheus won't do, and targets for it to scrape: one function has each connection."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from socket import socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from subprocess import run
from threading import Event, Thread

import requests

Script = Callable[[socket, Event], None]


@contextmanager
def serve(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Run a fake server and give its address; `script` gets each connection, and an event that tells it to end."""
    over = Event()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            # The client may go at any time: that's often what is tested.
            with suppress(OSError), secured(self.request, tls) as client:
                script(client, over)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"{'https' if tls else 'http'}://localhost:{server.server_address[1]}"
        finally:
            over.set()
            server.shutdown()


def secured(connection: socket, tls: ssl.SSLContext | None) -> AbstractContextManager[socket]:
    """Return the connection, over TLS where there is any."""
    return tls.wrap_socket(connection, server_side=True) if tls else nullcontext(connection)


class Switch:
    """A script that can be exchanged for another while its server runs."""

    def __init__(self, script: Script) -> None:
        self.now = script
        self.calls = 0

    def __call__(self, connection: socket, over: Event) -> None:
        self.calls += 1
        self.now(connection, over)


def whole(status: str, body: bytes, *headers: str) -> bytes:
    """Return an answer as it goes over the wire."""
    head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "\r\n"]
    return "\r\n".join(head).encode() + body


def answer(status: str, body: bytes, *headers: str) -> Script:
    """Answer one request."""

    def script(connection: socket, over: Event) -> None:
        connection.recv(65536)
        connection.sendall(whole(status, body, *headers))

    return script


def telling(metrics: Callable[[], str]) -> Script:
    """Be a target: tell the metrics of the moment."""

    def script(connection: socket, over: Event) -> None:
        answer("200 OK", metrics().encode(), "Content-Type: text/plain; version=0.0.4")(connection, over)

    return script


def passing(address: str) -> Script:
    """Be a proxy: ask the real server, and hand its answer on."""

    def script(connection: socket, over: Event) -> None:
        path = connection.recv(65536).split()[1].decode()
        reply = requests.get(address + path, timeout=10)
        connection.sendall(whole(f"{reply.status_code} {reply.reason}", reply.content))

    return script


def hanging_up(connection: socket, over: Event) -> None:
    """Close the connection without a word."""


def truncated(body: bytes) -> Script:
    """Promise one byte more than is sent."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body) + 1}\r\n\r\n".encode()

    def script(connection: socket, over: Event) -> None:
        connection.recv(65536)
        connection.sendall(head + body)

    return script


def silent(connection: socket, over: Event) -> None:
    """Accept, and never answer."""
    over.wait()


def dripping(head: bytes, piece: bytes = b" ") -> Script:
    """Begin an answer, then send a byte every tenth of a second."""

    def script(connection: socket, over: Event) -> None:
        connection.recv(65536)
        connection.sendall(head)
        while not over.wait(0.1):
            connection.sendall(piece)

    return script


def endless(head: bytes) -> Script:
    """Begin an answer, and send as fast as it's taken."""

    def script(connection: socket, over: Event) -> None:
        connection.recv(65536)
        connection.sendall(head)
        while not over.is_set():
            connection.sendall(b"x" * 65536)

    return script


def self_signed(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Make a certificate for localhost that nobody but its holder has signed; give its server side and its PEM text."""
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
        *names,
    ]
    run(make, cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, (folder / "cert.pem").read_text()
