"""Connections are used again by as many queries as are asked at once: none is opened for one and thrown away."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread

import pytest

from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.observability.logs import limit_libraries
from refit_operator.prometheus.client import PrometheusServer
from refit_operator.prometheus.servers import Servers
from refit_operator.prometheus.session import KEPT
from tests.support.prometheus.history import NOON

AT_ONCE = 12
EMPTY = b'{"status": "success", "data": {"resultType": "vector", "result": []}}'


class Counting(ThreadingHTTPServer):
    """A stand-in for Prometheus that answers when all have asked, and counts its connections."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.connections = 0
        self.all_have_asked = Barrier(AT_ONCE, timeout=30)


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Counting

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        self.server.all_have_asked.wait()
        self.send_response(200)
        self.send_header("Content-Length", str(len(EMPTY)))
        self.end_headers()
        self.wfile.write(EMPTY)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(autouse=True)
def as_loud_as_ever() -> Iterator[None]:
    yield
    logging.getLogger("urllib3.connectionpool").setLevel(logging.NOTSET)


@pytest.fixture
def counting() -> Iterator[Counting]:
    with Counting() as server:
        server.daemon_threads, server.block_on_close = True, False
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


async def ask_twice(counting: Counting, kept: int) -> int:
    """Ask the default server so many things at once, and again; return how many connections it took."""
    nobody: None = None
    servers = Servers(f"http://127.0.0.1:{counting.server_address[1]}", (), nobody, kept=kept)  # type: ignore[arg-type]
    server = await servers.open("shop", PrometheusSpec(), NOON)
    assert isinstance(server, PrometheusServer)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in range(2):
            list(threads.map(lambda _: server.query_instant("up", NOON), range(AT_ONCE)))
    server.close()
    return counting.connections


async def test_the_default_servers_connections_are_as_many_as_its_queries_at_once(
    counting: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    assert await ask_twice(counting, AT_ONCE) == AT_ONCE
    assert [record for record in caplog.records if record.name.startswith("urllib3")] == []


async def test_those_beyond_are_closed_without_a_warning_for_each(
    counting: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    limit_libraries()
    assert await ask_twice(counting, KEPT) == 2 * AT_ONCE - KEPT
    assert [record for record in caplog.records if record.name.startswith("urllib3")] == []
