"""doctor's questions to Prometheus: which ways there are, and what it says of a refusal, a value and its age.

The servers are functions with the answers that a case needs; tests/cluster/test_doctor.py asks a real one.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from refit_cli.cluster import Cluster
from refit_cli.doctor import metric
from refit_cli.doctor.checks import Health
from refit_cli.doctor.metric import examine_metric, examine_query
from refit_cli.doctor.rights import Operator
from refit_cli.doctor.servers import Named, Way, address_of, service_of, ways_to
from refit_cli.exits import Exit, Failed
from refit_cli.objects import Seen
from refit_cli.prometheus import Get, Refused
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.target.rules.view import parse_target
from tests.support.cli import document_of
from tests.support.samples import NOW, deployment, make_monitor

QUERY = {"query": "sum(rate(ok[10m])) / sum(rate(judged[10m]))"}


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("http://prometheus.monitoring:9090", "monitoring/prometheus:9090"),
        ("http://prometheus.monitoring.svc.cluster.local:9090/", "monitoring/prometheus:9090"),
        ("https://thanos.monitoring.svc", "monitoring/https:thanos:443"),
        ("http://prometheus", "refit-system/prometheus:80"),
        ("https://prometheus.example.com", ""),
        ("http://10.244.0.1:9090", ""),
    ],
)
def test_an_address_in_the_cluster_is_a_service(address: str, service: str) -> None:
    assert service_of(address, "refit-system") == service


class Answering(Cluster):
    """An API server of one list of Deployments. A stand-in: what a real one says is tests/cluster/test_doctor.py."""

    def __init__(self, *environments: dict[str, str]) -> None:
        self.namespace = "shop"
        self.environments = environments

    def send(self, method: str, path: str, *more: Any, **named: Any) -> Any:
        items = [
            {
                "spec": {
                    "template": {"spec": {"containers": [{"env": [{"name": k, "value": v} for k, v in env.items()]}]}}
                }
            }
            for env in self.environments
        ]

        class Response:
            def json(self) -> Any:
                return {"items": items}

        return Response()


def test_the_server_is_the_monitors_own_or_that_of_the_operator_who_has_the_lease() -> None:
    cluster = Answering(
        {"OTHER": "x"},
        {"REFIT_PROMETHEUS_URL": "http://b", "REFIT_LEASE_NAME": "refit-b"},
        {"REFIT_PROMETHEUS_URL": "http://a"},
    )
    own = PrometheusSpec(server_address="http://own")
    assert address_of(cluster, own, Operator()) == "http://own"
    assert address_of(cluster, PrometheusSpec(), Operator()) == "http://a"
    assert address_of(cluster, PrometheusSpec(), Operator(name="refit-b")) == "http://b"
    with pytest.raises(Failed, match="no Deployment in refit-system"):
        address_of(Answering(), PrometheusSpec(), Operator())


def test_a_service_is_asked_by_proxy_first() -> None:
    ways = ways_to(Answering(), "http://prometheus.monitoring:9090", PrometheusSpec(), Operator())
    assert [way.words for way in ways] == ["through the API server's proxy", "directly"]
    assert [way.words for way in ways_to(Answering(), "https://p.example.com", PrometheusSpec(), Operator())] == [
        "directly"
    ]


def answering(*found: tuple[str, float | None]) -> Get:
    """Answer a query by the first word of it that is known; None is no series."""

    def get(path: str, query: dict[str, str]) -> bytes:
        value = next((value for word, value in found if query["query"].startswith(word)), None)
        values = [] if value is None else [{"metric": {}, "values": [[float(query["start"]), f"{value}"]]}]
        return json.dumps({"data": {"result": values}}).encode()

    return get


def subject(**spec: Any) -> Seen:
    monitor = make_monitor(**spec)
    return Seen(document_of("ModelMonitor", monitor), monitor, (), parse_target(deployment()), "", NOW)


@pytest.mark.parametrize(
    ("spec", "get", "health", "words"),
    [
        ({}, answering(("sum(rate", 0.9), ("max", 20)), Health.OK, "0.9; the newest sample behind it is 20 s old"),
        ({}, answering(("sum(rate", 0.9), ("max", 600)), Health.WARN, "600 s old: is its target still scraped?"),
        ({}, answering(("sum(rate", 0.9)), Health.WARN, "no recent sample of its series"),
        (
            {"metric": {"maxAge": "1m"}},
            answering(("sum(rate", 0.9), ("max", 90)),
            Health.FAIL,
            "maxAge 1m makes that Stale",
        ),
        ({}, answering(("count(ok", 1.0)), Health.FAIL, "no series now: judged"),
        ({}, answering(("count(", 1.0)), Health.FAIL, "each part of it has series now"),
        ({"metric": {"bounds": {"max": 1}}}, answering(("sum(rate", 1.5)), Health.FAIL, "out of range"),
        ({"metric": {"query": "vector(0.5)"}}, answering(("vector", 0.5)), Health.WARN, "reads no series"),
        ({"metric": {"query": "sum(x"}}, answering(), Health.SKIPPED, "has to be corrected first"),
        ({"metric": {"query": 'sum(x{d="$(digest)"})'}}, answering(), Health.WARN, "no pointer yet"),
    ],
)
def test_a_query_has_to_give_one_fresh_value(spec: dict[str, Any], get: Get, health: Health, words: str) -> None:
    found = examine_query(get, subject(**spec))
    assert (found.health, words in found.message) == (health, True), found.message


def failing(error: Failed) -> Get:
    def get(path: str, query: dict[str, str]) -> bytes:
        raise error

    return get


TOKEN = {"authentication": {"bearerTokenSecret": {"name": "p", "key": "t"}}}
GONE = failing(Failed(Exit.UNREACHABLE, "nobody there"))
Examine = Callable[..., list[Any]]


@pytest.fixture
def examine(monkeypatch: pytest.MonkeyPatch) -> Examine:
    def by(*gets: Get, **spec: Any) -> list[Any]:
        monkeypatch.setattr(metric, "address_of", lambda *_: "http://p")
        monkeypatch.setattr(metric, "ways_to", lambda *_: [Way(f"way {n}", get) for n, get in enumerate(gets, start=1)])
        return list(examine_metric(Answering(), subject(**spec), Operator(), Named()))

    return by


def test_the_first_way_that_answers_is_taken(examine: Examine) -> None:
    server, query = examine(GONE, answering(("vector(1)", 1.0), ("sum(rate", 0.9), ("max", 3)))
    assert (server.health, server.message, query.health) == (Health.OK, "http://p answers (way 2)", Health.OK)


def test_a_server_that_this_machine_cannot_ask_is_no_fault(examine: Examine) -> None:
    (server,) = examine(GONE, GONE)
    assert server.health is Health.SKIPPED and "What the operator saw is below" in server.message


@pytest.mark.parametrize(
    ("status", "spec", "health"),
    [
        (401, {}, Health.FAIL),
        (403, {}, Health.FAIL),
        (401, {"prometheus": TOKEN}, Health.SKIPPED),
        (503, {"prometheus": TOKEN}, Health.FAIL),
    ],
)
def test_a_refusal_counts_where_no_credentials_would_help(
    status: int, spec: dict[str, Any], health: Health, examine: Examine
) -> None:
    (server,) = examine(failing(Refused(status, f"HTTP {status}")), **spec)
    assert server.health is health


def test_freshness_is_judged_at_the_time_of_the_value() -> None:
    asked: list[tuple[str, str]] = []

    def get(path: str, query: dict[str, str]) -> bytes:
        asked.append((query["query"], query["start"]))
        return answering(("sum(rate", 0.9), ("max", 20))(path, query)

    examine_query(get, subject())
    assert len(asked) == 2 and len({start for _, start in asked}) == 1
    assert float(asked[0][1]) == NOW.timestamp() - 15
