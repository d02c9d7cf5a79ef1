"""One server's trouble is its own: while many questions hang, others are answered."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from socket import socket
from threading import Event

from refit_operator.prometheus.client import PrometheusServer, read_instant
from refit_operator.prometheus.rules.reading import FailureKind, MultipleSeries, QueryFailed, Value
from refit_operator.prometheus.session import LARGE_ANSWERS
from tests.support.prometheus.fakes import answer, serve, silent, whole

NOW = datetime(2026, 1, 5, 1, tzinfo=UTC)
HANGING = 100
"""More than the machine has threads for by default."""


async def test_a_server_that_answers_is_read_while_questions_to_another_hang(prometheus: str) -> None:
    with serve(silent) as address:
        hung = [PrometheusServer(address, deadline=timedelta(seconds=3)) for _ in range(HANGING)]
        questions = [asyncio.create_task(read_instant(server, "up", NOW)) for server in hung]
        await asyncio.sleep(0)
        server = PrometheusServer(prometheus)
        found = await read_instant(server, "vector(1)", NOW)
        assert found == Value(1, NOW)
        assert not any(question.done() for question in questions)
        ended = await asyncio.gather(*questions)
    assert {reading.kind for reading in ended if isinstance(reading, QueryFailed)} == {FailureKind.Timeout}


def answer_of(series: int) -> bytes:
    found = {"metric": {}, "value": [0, "1"]}
    return json.dumps({"status": "success", "data": {"result": [found] * series}}).encode()


def beginning(connection: socket, over: Event) -> None:
    """Send a large answer, all but its end."""
    connection.recv(65536)
    connection.sendall(whole("200 OK", answer_of(5000))[:-1])
    over.wait()


async def test_few_large_answers_are_read_at_a_time_and_small_ones_beside_them() -> None:
    """JSON grows twentyfold when it's parsed. What stands behind a value is small, and must not wait."""
    with (
        serve(beginning) as slow,
        serve(answer("200 OK", answer_of(1))) as small,
        serve(answer("200 OK", answer_of(5000))) as large,
    ):
        hung = [PrometheusServer(slow, deadline=timedelta(seconds=3)) for _ in range(LARGE_ANSWERS)]
        questions = [asyncio.create_task(read_instant(server, "up", NOW)) for server in hung]
        await asyncio.sleep(0.5)  # until the large answers are being read, of which nothing else tells
        assert await read_instant(PrometheusServer(small), "up", NOW) == Value(1, NOW)
        waited = await read_instant(PrometheusServer(large, deadline=timedelta(seconds=1)), "up", NOW)
        assert isinstance(waited, QueryFailed)
        assert waited.kind is FailureKind.Timeout
        await asyncio.gather(*questions)
        assert await read_instant(PrometheusServer(large), "up", NOW) == MultipleSeries(5000, NOW)
