"""What a target of Prometheus tells of many models: counters that rise alike, and accuracies that a row moves."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

Names = tuple[str, str]
"""Namespace and monitor."""
STEADY, MOVING = "/steady", "/moving"


class Page:
    """Text, and when it was told for the first time."""

    def __init__(self, text: Callable[[], str]) -> None:
        self.text = text
        self.told_at, self.was_told = 0.0, Event()

    def tell(self) -> bytes:
        """Return the text, and note the time."""
        if not self.was_told.is_set():
            self.told_at = time.time()
            self.was_told.set()
        return self.text().encode()


def accuracies(values: Mapping[Names, float]) -> Page:
    """Return a page with an accuracy for each monitor."""
    text = "".join(f'accuracy{{namespace="{a}",monitor="{b}"}} {value}\n' for (a, b), value in values.items())
    return Page(lambda: text)


def counters(names: Iterable[Names]) -> Page:
    """Return a page with two counters for each monitor: ten predictions a second, of which nine are right."""
    labels, began = [f'{{namespace="{a}",monitor="{b}"}}' for a, b in names], time.time()

    def text() -> str:
        seconds = int(time.time() - began)
        good, total = 9 * seconds, 10 * seconds
        lines = (f"correct_total{one} {good}\njudged_total{one} {total}\n" for one in labels)
        return "".join(lines)

    return Page(text)


class Feed:
    """What a Prometheus server scrapes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages = {STEADY: accuracies({}), MOVING: accuracies({})}

    def show(self, path: str, page: Page) -> Page:
        """Tell that page from now on."""
        self.pages[path] = page
        return page


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
