"""A stand-in for the proxy that stands in front of a Prometheus: TLS of a private authority, credentials, a tenant.

What it lets through it asks the real Prometheus behind it.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import requests


@contextmanager
def front(prometheus: str, context: ssl.SSLContext, wanted: dict[str, str]) -> Iterator[str]:
    """Serve `prometheus` over TLS to requests with the wanted headers; the others get 401. Give the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            missing = [name for name, value in wanted.items() if self.headers.get(name) != value]
            if missing:
                self._answer(401, b"no " + ", ".join(missing).encode())
                return
            answer = requests.get(prometheus + self.path, timeout=10)
            self._answer(answer.status_code, answer.content)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"https://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
