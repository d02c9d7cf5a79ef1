"""Accuracies as a target of Prometheus tells them: those that never change, and those that a row moves."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

Names = tuple[str, str]
"""Namespace and monitor."""
STEADY, MOVING = "/steady", "/moving"


class Page:
    """Text, and when it was told for the first time."""

    def __init__(self, values: Mapping[Names, float]) -> None:
        lines = (f'accuracy{{namespace="{a}",monitor="{b}"}} {value}\n' for (a, b), value in values.items())
        self.text = "".join(lines).encode()
        self.told_at, self.was_told = 0.0, Event()

    def tell(self) -> bytes:
        """Return the text, and note the time."""
        if not self.was_told.is_set():
            self.told_at = time.time()
            self.was_told.set()
        return self.text


class Feed:
    """What a Prometheus server scrapes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages = {STEADY: Page({}), MOVING: Page({})}

    def show(self, path: str, values: Mapping[Names, float]) -> Page:
        """Tell these values from now on."""
        self.pages[path] = Page(values)
        return self.pages[path]


@contextmanager
def feeding(port: int) -> Iterator[Feed]:
    """Serve while it lasts."""
    feed = Feed(port)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = feed.pages[self.path].tell()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield feed
        finally:
            server.shutdown()
