"""The demo's clients against a local server: what is counted as what, and over how many connections."""

import select
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from demo.traffic import Client, Measures

Connect = Callable[..., Client]


class Server(ThreadingHTTPServer):
    """Answers with `status`, and counts the requests of each connection."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.leaving, self.hangs_up = 200, False, False
        self.connections: Counter[int] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.server.connections[self.client_address[1]] += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "2")
        if self.server.leaving:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"{}")
        self.close_connection = self.close_connection or self.server.hangs_up

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def connect(server: Server) -> Iterator[Connect]:
    """Give clients of the server whose connections end with the test."""
    with ExitStack() as stack:

        def made(keeps: bool = True, measures: Measures | None = None) -> Client:
            client = Client(server.url, measures or Measures(), keeps)
            stack.callback(client._connection.close)
            return client

        yield made


def counted(measures: Measures, outcome: str) -> int:
    """Return the requests for a prediction with that outcome."""
    line = next(row for row in measures.render().splitlines() if f'kind="predict",outcome="{outcome}"' in row)
    return int(line.split()[-1])


@pytest.mark.parametrize(("keeps", "connections"), [(False, [1, 1, 1]), (True, [3])])
def test_over_how_many_connections(server: Server, connect: Connect, keeps: bool, connections: list[int]) -> None:
    client = connect(keeps)
    for number in range(3):
        assert client.post("predict", {"id": str(number)}) == {}
    assert list(server.connections.values()) == connections


def test_a_server_that_asks_to_reconnect_is_obeyed(server: Server, connect: Connect) -> None:
    client = connect()
    server.leaving = True
    assert [client.post("predict", {"id": "1"}), client.post("predict", {"id": "2"})] == [{}, {}]
    assert len(server.connections) == 2


def test_a_connection_that_the_server_closed_while_it_rested_is_not_used(server: Server, connect: Connect) -> None:
    client = connect()
    server.hangs_up = True
    assert client.post("predict", {"id": "1"}) == {}
    assert select.select([client._connection.sock], [], [], 10)[0]
    assert client.post("predict", {"id": "2"}) == {}


def test_a_status_of_503_is_a_lost_request_and_the_next_one_is_another(server: Server, connect: Connect) -> None:
    measures = Measures()
    client = connect(measures=measures)
    server.status = 503
    assert client.post("predict", {"id": "1"}) is None
    server.status = 200
    assert client.post("predict", {"id": "2"}) == {}
    assert [counted(measures, outcome) for outcome in ("ok", "failed", "unresolved")] == [1, 1, 0]


def test_a_server_that_is_gone_is_a_lost_request_and_a_name_that_is_unknown_is_not(server: Server) -> None:
    measures = Measures()
    url = server.url
    server.shutdown()
    server.server_close()
    assert Client(url, measures).post("predict", {"id": "1"}) is None
    assert Client("http://nowhere.invalid", measures).post("predict", {"id": "2"}) is None
    assert [counted(measures, outcome) for outcome in ("ok", "failed", "unresolved")] == [0, 1, 1]
