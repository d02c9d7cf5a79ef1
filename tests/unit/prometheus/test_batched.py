"""How a batch that fails is divided. The servers are stand-ins that answer, or fail, as a table says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from refit_operator.prometheus.batched import AT_ONCE, read_ratios, read_values
from refit_operator.prometheus.rules.batch import MOST_IN_ADDRESS, Batch, Readings
from refit_operator.prometheus.rules.manner import CALM, MOST_APART, SMALLEST, Manner
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Value

NOW = datetime(2026, 1, 5, tzinfo=UTC)
QUERIES = [f"sum(x{n})" for n in range(64)]


class Server:
    """Fails a batch where `fails` says so; else each reading is the number of its place."""

    def __init__(self, fails: Callable[["Server", Batch], FailureKind | None]) -> None:
        self.fails = fails
        self.manner = Manner()
        self.asked: list[Batch] = []

    async def read_batch(self, batch: Batch, time: datetime) -> list[Readings] | QueryFailed:
        self.asked.append(batch)
        kind = self.fails(self, batch)
        return QueryFailed(kind, batch.query, time) if kind else [(Value(n, time),) * self.width for n in batch.places]

    width = 1

    @property
    def server(self) -> "Server":
        return self


async def values_of(server: Server) -> list[object]:
    return list(await read_values(server, QUERIES, NOW))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [FailureKind.BadQuery, FailureKind.TooLarge])
@pytest.mark.parametrize("place", [0, 20, 63])
async def test_a_query_that_is_to_blame_is_found(kind: FailureKind, place: int) -> None:
    server = Server(lambda _, batch: kind if place in batch.places else None)
    found = await values_of(server)
    assert found[place] == QueryFailed(kind, QUERIES[place], NOW)
    assert [found[n] for n in range(64) if n != place] == [Value(n, NOW) for n in range(64) if n != place]
    assert len(server.asked) == 13


ITS_OWN = [
    FailureKind.Refused,
    FailureKind.Timeout,
    FailureKind.Tls,
    FailureKind.ServerError,
    FailureKind.Partial,
    FailureKind.CircuitOpen,
]


@pytest.mark.parametrize("kind", ITS_OWN)
async def test_a_servers_own_failure_is_all_readings(kind: FailureKind) -> None:
    server = Server(lambda *_: kind)
    found = await values_of(server)
    assert {one.kind for one in found if isinstance(one, QueryFailed)} == {kind}
    assert (len(found), len(server.asked)) == (64, 1)


@pytest.mark.parametrize("kind", [FailureKind.Unauthorized, FailureKind.Malformed, FailureKind.Redirect])
async def test_a_server_that_refuses_all_is_asked_for_one_query_more(kind: FailureKind) -> None:
    server = Server(lambda *_: kind)
    assert await values_of(server) == [QueryFailed(kind, QUERIES[0], NOW)] * 64
    assert [len(batch.places) for batch in server.asked] == [64, 1]
    assert server.manner.in_body


async def test_a_proxy_that_lets_no_body_through_is_asked_by_addresses() -> None:
    def refuse(server: Server, batch: Batch) -> FailureKind | None:
        return FailureKind.Unauthorized if server.manner.in_body and not batch.is_one else None

    server = Server(refuse)
    server.width = 2
    pairs = [(f'right{{app="model-{n}"}}', f'judged{{app="model-{n}"}}') for n in range(1000)]
    found = await read_ratios(server, pairs, timedelta(minutes=5), NOW)  # type: ignore[arg-type]
    assert found == [(Value(n, NOW), Value(n, NOW)) for n in range(1000)]
    assert all(len(batch.query) <= MOST_IN_ADDRESS for batch in server.asked[1:])
    assert len(server.asked) < 30


async def test_one_way_that_doesnt_help_isnt_tried_again() -> None:
    """By addresses, too, what is refused together is divided, if one query alone isn't refused."""
    server = Server(lambda _, batch: None if batch.is_one else FailureKind.Malformed)
    assert await values_of(server) == [Value(n, NOW) for n in range(64)]
    assert len(server.asked) < 4 * 64


async def test_a_query_that_was_refused_is_asked_apart_until_it_is_answered() -> None:
    broken = {7, 20, 21}
    server = Server(lambda _, batch: FailureKind.BadQuery if broken & {*batch.places} else None)
    first = await values_of(server)
    server.asked.clear()
    assert await values_of(server) == first
    assert sorted(len(batch.places) for batch in server.asked) == [1, 1, 1, 61]
    broken -= {20}
    assert (await values_of(server))[20] == Value(20, NOW)
    server.asked.clear()
    await values_of(server)
    assert sorted(len(batch.places) for batch in server.asked) == [1, 1, 62]


async def test_a_ratio_that_was_refused_is_asked_apart() -> None:
    server = Server(lambda _, batch: FailureKind.TooLarge if 3 in batch.places else None)
    server.width = 2
    pairs = [(f'right{{app="{n}"}}', f'judged{{app="{n}"}}') for n in range(100)]
    for _ in range(2):
        server.asked.clear()
        await read_ratios(server, pairs, timedelta(minutes=5), NOW)  # type: ignore[arg-type]
    assert sorted(len(batch.places) for batch in server.asked) == [1, 99]


async def test_batches_that_take_too_long_are_smaller_the_next_time() -> None:
    """Down to what is answered, and slowly up again."""
    server = Server(lambda _, batch: FailureKind.Timeout if len(batch.places) > 20 else None)
    readings = [await values_of(server) for _ in range(3)]
    assert [isinstance(found[0], Value) for found in readings] == [False, False, True]
    assert server.manner.shrunk == 4
    assert [len(batch.places) for batch in server.asked][-4:] == [16] * 4
    server.fails = lambda *_: None
    for _ in range(2 * CALM - 2):
        await values_of(server)
    assert server.manner.shrunk == 2
    await values_of(server)
    server.asked.clear()
    await values_of(server)
    assert len(server.asked) == 1


async def test_of_a_server_that_hangs_no_more_is_asked() -> None:
    """Where any is answered, the others are asked."""
    queries = [f"sum(x{n})" for n in range(64 * 10)]
    hanging = Server(lambda *_: FailureKind.Timeout)
    found = await read_values(hanging, queries, NOW)  # type: ignore[arg-type]
    assert {one.kind for one in found if isinstance(one, QueryFailed)} == {FailureKind.Timeout}
    assert len(hanging.asked) <= AT_ONCE
    heavy = Server(lambda _, batch: FailureKind.Timeout if 0 in batch.places else None)
    found = await read_values(heavy, queries, NOW)  # type: ignore[arg-type]
    assert [isinstance(one, Value) for one in found].count(False) == 64


async def test_a_server_that_isnt_asked_gives_no_reason_for_larger_batches() -> None:
    server = Server(lambda *_: FailureKind.CircuitOpen)
    server.manner = Manner(shrunk=4)
    for _ in range(CALM):
        await values_of(server)
    assert server.manner.shrunk == 4


def test_what_is_known_of_a_server_is_bounded() -> None:
    manner = Manner()
    for n in range(20):
        manner = manner.divide({*range(1000 * n, 1000 * (n + 1))}, set()).resize(timed_out=True, all_answered=False)
    assert len(manner.apart) == MOST_APART
    assert manner.shrunk == SMALLEST
    assert manner.divide(set(), {*range(100)}).apart == manner.apart - {*range(100)}
