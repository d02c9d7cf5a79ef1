"""One server's trouble is its own: while many questions hang, others are answered."""

import asyncio
from datetime import UTC, datetime, timedelta

from refit_operator.prometheus.client import PrometheusServer, read_instant
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Value
from tests.support.prometheus.fakes import serve, silent

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
