"""Queries counted by how they ended, and circuit breakers while they are open."""

from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY

from refit_operator.prometheus.client import PrometheusServer, read_instant
from refit_operator.prometheus.guarded import GuardedServer
from refit_operator.prometheus.rules.breaker import TIMEOUTS, Breakers
from tests.support.local import free_port
from tests.support.prometheus.fakes import answer, serve, silent

T = datetime(2026, 1, 1, tzinfo=UTC)
ONE = f'{{"status":"success","data":{{"result":[{{"metric":{{}},"value":[{int(T.timestamp())},"1"]}}]}}}}'.encode()


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("refit_prometheus_queries_total", {"result": result}) or 0.0


async def test_a_query_is_counted_by_how_it_ended() -> None:
    before = counted("Success"), counted("Refused"), counted("ServerError")
    with serve(answer("200 OK", ONE)) as good, serve(answer("503 Service Unavailable", b"")) as bad:
        for address in (good, f"http://127.0.0.1:{free_port()}", bad):
            server = PrometheusServer(address)
            await read_instant(server, "up", T)
            server.close()
    assert (counted("Success"), counted("Refused"), counted("ServerError")) == tuple(each + 1 for each in before)


async def test_what_an_open_breaker_keeps_from_being_sent_is_counted_too() -> None:
    before, breakers = counted("CircuitOpen"), Breakers()
    with serve(silent) as address:
        server = PrometheusServer(address, deadline=timedelta(seconds=0.1))
        guarded = GuardedServer(server, (address, "shop"), breakers)
        for _ in range(TIMEOUTS + 2):
            await guarded.read_instant("up", T)
        server.close()
    assert counted("CircuitOpen") == before + 2
    assert REGISTRY.get_sample_value("refit_prometheus_circuits_open") == 1
    breakers.record(guarded.key, False, 0)
