"""A receiver of OTLP over HTTP that reads requests by OpenTelemetry's own protobuf. A stand-in: its collector is a Go
program that takes longer to build than all other tests together.
"""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Request = tuple[dict[str, str], list[Span]]
"""The resource's attributes, and the spans."""


class Collector:
    """What came, and the status that the next request is answered with."""

    def __init__(self, status: int = 200) -> None:
        self.came: Queue[Request] = Queue()
        self.status = status
        self.goes_on = Event()
        """Answers wait for it."""
        self.goes_on.set()

    def take(self, path: str, body: bytes) -> int:
        """Keep a request; return what is answered."""
        request = ExportTraceServiceRequest.FromString(body)
        assert path == "/v1/traces"
        for part in request.resource_spans:
            words = {each.key: each.value.string_value for each in part.resource.attributes}
            self.came.put((words, [span for scope in part.scope_spans for span in scope.spans]))
        self.goes_on.wait()
        return self.status

    def next(self) -> Request:
        """Wait for a request."""
        return self.came.get(timeout=30)


def _handler(take: Callable[[str, bytes], int]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_packed = self.headers.get("Content-Encoding") == "gzip"
            self.send_response(take(self.path, gzip.decompress(body) if is_packed else body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def collecting(collector: Collector) -> Iterator[str]:
    """Have the collector listen; give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(collector.take))
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        collector.goes_on.set()
        server.shutdown()
        server.server_close()
