"""What a failure costs the others that were asked with it: few queries more, and no reading."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import log2
from socket import socket
from threading import Event

import pytest

from refit_operator.prometheus.batched import AT_ONCE, read_ratios, read_values
from refit_operator.prometheus.client import PrometheusServer
from refit_operator.prometheus.guarded import GuardedServer
from refit_operator.prometheus.rules.breaker import TIMEOUTS, Breakers
from refit_operator.prometheus.rules.reading import FailureKind, NoData, QueryFailed, Reading, Value
from tests.support.local import free_port
from tests.support.prometheus.fakes import Script, answer, hanging_up, passing, serve, silent, whole
from tests.support.prometheus.history import NOON

FIVE = timedelta(minutes=5)
RATIOS = [(f'correct_total{{app="{n}"}}', f'judged_total{{app="{n}"}}') for n in range(1000)]
NUMBERS = [f"vector({n})" for n in range(64)]


class Counting(PrometheusServer):
    """A server that counts what it is asked."""

    asked = 0

    def query_range(self, query: str, times: Sequence[datetime], in_body: bool = False) -> object:
        self.asked += 1
        return super().query_range(query, times, in_body)


def guarded(server: PrometheusServer) -> GuardedServer:
    return GuardedServer(server, (server.name, "shop"), Breakers())


@pytest.fixture
def server(prometheus: str) -> Iterator[Counting]:
    server = Counting(prometheus)
    yield server
    server.close()


async def alone(server: PrometheusServer, query: str) -> Reading:
    found = await guarded(server).read_window(query, (NOON,))
    return found if isinstance(found, QueryFailed) else found[0]


BROKEN = ["nonsense(big)", "rate(big)", 'big{x=~"("}', 'big * on (job) {__name__=~"big|pair"}']
PARTIAL = b'{"status": "success", "warnings": ["a store is gone"], "data": {"result": []}}'


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("place", [0, 31, 63])
async def test_one_broken_query_is_found_and_spoils_no_other(server: Counting, broken: str, place: int) -> None:
    asked = [*NUMBERS[:place], broken, *NUMBERS[place + 1 :]]
    found = await read_values(guarded(server), asked, NOON)
    assert server.asked <= 1 + 2 * log2(64)
    assert found[place] == await alone(server, broken)
    assert isinstance(found[place], QueryFailed)
    assert [found[n] for n in range(64) if n != place] == [Value(n, NOON) for n in range(64) if n != place]


async def test_a_thousand_ratios_are_one_query(server: Counting) -> None:
    assert await read_ratios(guarded(server), RATIOS, FIVE, NOON) == [(NoData(NOON), NoData(NOON))] * 1000
    assert server.asked == 1


async def test_one_broken_ratio_among_a_thousand(server: Counting) -> None:
    broken, fine = ('correct_total{app=~"("}', "judged_total"), ("correct_total", "judged_total")
    asked = [*RATIOS[:500], broken, *RATIOS[500:], fine]
    found = await read_ratios(guarded(server), asked, FIVE, NOON)
    assert server.asked <= 7
    assert [type(one) for one in found[500]] == [QueryFailed, QueryFailed]
    assert [type(one) for one in found[-1]] == [Value, Value]
    assert {type(one) for pair in found[:500] for one in pair} == {NoData}


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (hanging_up, FailureKind.Refused),
        (answer("500 Internal Server Error", b'{"error": "it broke"}'), FailureKind.ServerError),
        (answer("503 Service Unavailable", b""), FailureKind.ServerError),
        (answer("200 OK", PARTIAL), FailureKind.Partial),
    ],
)  # fmt: skip
async def test_a_servers_own_failure_is_each_readings_and_it_is_asked_once(script: Script, kind: FailureKind) -> None:
    with serve(script) as address:
        server = Counting(address)
        found = await read_values(guarded(server), NUMBERS, NOON)
        assert server.asked == 1
        assert set(found) == {await alone(server, "vector(0)")}
        assert [one.kind for one in found if isinstance(one, QueryFailed)] == [kind] * 64


async def test_a_server_that_is_gone_is_asked_once() -> None:
    server = Counting(f"http://127.0.0.1:{free_port()}")
    found = await read_ratios(guarded(server), RATIOS, FIVE, NOON)
    assert server.asked == 1
    gone = await alone(server, "up")
    assert found == [(gone, gone)] * 1000


def kinds_of(found: Sequence[Reading]) -> set[FailureKind]:
    return {one.kind for one in found if isinstance(one, QueryFailed)}


async def test_batches_that_time_out_dont_keep_single_queries_from_a_server() -> None:
    """They may be answered by themselves: only they open the circuit breaker, which holds batches up, too."""
    with serve(silent) as address:
        server = Counting(address, deadline=timedelta(seconds=0.2))
        behind = guarded(server)
        for _ in range(TIMEOUTS + 1):
            asked = server.asked
            assert kinds_of(await read_values(behind, NUMBERS, NOON)) == {FailureKind.Timeout}
            assert server.asked <= asked + AT_ONCE + 1  # which begins as the first of the two ends
        for _ in range(TIMEOUTS):
            found = await behind.read_window("up", (NOON,))
            assert isinstance(found, QueryFailed)
            assert found.kind is FailureKind.Timeout
        server.asked = 0
        assert kinds_of(await read_values(behind, NUMBERS, NOON)) == {FailureKind.CircuitOpen}
        assert server.asked == 0


async def test_a_server_that_lets_nobody_in_is_asked_twice() -> None:
    """The second time as ever: a proxy may refuse only what is sent in a request's body."""
    with serve(answer("401 Unauthorized", b"")) as address:
        server = Counting(address)
        found = await read_ratios(guarded(server), RATIOS, FIVE, NOON)
        assert server.asked == 2
        kinds = {one.kind for pair in found for one in pair if isinstance(one, QueryFailed)}
        assert kinds == {FailureKind.Unauthorized}


@pytest.mark.parametrize("status", ["403 Forbidden", "405 Method Not Allowed", "413 Content Too Large", "302 Found"])
async def test_a_proxy_that_lets_no_bodies_through_is_asked_by_addresses(prometheus: str, status: str) -> None:
    def script(connection: socket, over: Event) -> None:
        if connection.recv(4, 2) == b"POST":  # 2: it stays to be read
            connection.recv(1 << 20)
            connection.sendall(whole(status, b"no"))
        else:
            passing(prometheus)(connection, over)

    with serve(script) as address:
        server = Counting(address)
        behind = guarded(server)
        assert await read_values(behind, NUMBERS, NOON) == [Value(n, NOON) for n in range(64)]
        first, server.asked = server.asked, 0
        assert await read_values(behind, NUMBERS, NOON) == [Value(n, NOON) for n in range(64)]
        assert server.asked <= 2
        assert first <= 2 + server.asked
        assert await read_ratios(behind, RATIOS[:200], FIVE, NOON) == [(NoData(NOON), NoData(NOON))] * 200


def large(power: int) -> str:
    """Return a query whose answer has a label's value of ten to that power."""
    query = 'label_replace(vector(1), "x", "y", "", "")'
    for _ in range(power):
        query = f'label_replace({query}, "x", "{"$1" * 10}", "x", "(.*)")'
    return query


async def test_an_answer_that_is_too_large_is_one_querys(server: Counting) -> None:
    found = await read_values(guarded(server), [*NUMBERS[:30], large(6), *NUMBERS[30:]], NOON)
    assert server.asked <= 2 + 2 * log2(64)
    assert found[30] == await alone(server, large(6))
    assert isinstance(found[30], QueryFailed)
    assert found[30].kind is FailureKind.TooLarge
    assert [*found[:30], *found[31:]] == [Value(n, NOON) for n in range(64)]


async def test_answers_that_are_too_large_together_are_read_apart(server: Counting) -> None:
    asked = [f"{n} * {large(5)}" for n in range(8)]
    assert await read_values(guarded(server), asked, NOON) == [Value(n, NOON) for n in range(8)]
    assert server.asked <= 5
