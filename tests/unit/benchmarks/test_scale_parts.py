"""What the rows of the page Scale measure with: /proc, the API server's metrics, names, and what they write."""

import os
import urllib.request

import pytest

from benchmarks.baselines.jobs import job_for
from benchmarks.baselines.kopf_timer import query_of
from benchmarks.baselines.values import only_value
from benchmarks.scale import rows
from benchmarks.scale.feed import MOVING, accuracies, counters, feeding
from benchmarks.scale.population import (
    IN_A_NAMESPACE,
    QUERY,
    Population,
    monitor_of,
    names_of,
    namespaces_of,
    objects_of,
)
from benchmarks.scale.processes import Meter, cpu_of, memory_of, own_memory_of
from benchmarks.scale.requests_counted import counted, reads, writes
from benchmarks.scale.watching import name_of
from refit_operator.api.monitor import ModelMonitorSpec
from tests.support.local import free_port

METRICS = """
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",group="refit.dev",resource="modelmonitors",subresource="status",verb="PUT"} 3
apiserver_request_total{code="409",group="refit.dev",resource="modelmonitors",subresource="status",verb="PUT"} 1
apiserver_request_total{code="200",group="refit.dev",resource="modelmonitors",subresource="",verb="LIST"} 5
apiserver_request_total{code="200",group="refit.dev",resource="modelmonitors",subresource="",verb="WATCH"} 7
apiserver_request_total{code="201",group="events.k8s.io",resource="events",subresource="",verb="POST"} 2
apiserver_request_total{code="201",group="",resource="events",subresource="",verb="POST"} 100
apiserver_request_total{code="200",group="apps",resource="deployments",subresource="",verb="GET"} 11
apiserver_request_total{code="200",group="apps",resource="deployments",subresource="status",verb="PUT"} 100
"""


def test_the_api_servers_metrics_say_what_an_operator_asked_for() -> None:
    counts = counted(METRICS)
    assert counts["PUT", "refit.dev", "modelmonitors"] == 4
    assert writes(counts) == 6
    assert reads(counts) == 16


def test_a_process_is_measured() -> None:
    meter, before = Meter({"test": os.getpid()}), cpu_of(os.getpid())
    sum(range(3_000_000))
    assert meter.read()["cpu_test"] >= 0.02
    assert cpu_of(os.getpid()) > before
    assert memory_of(os.getpid()) > own_memory_of(os.getpid()) > 2**20


def test_names_and_namespaces() -> None:
    people = Population(names_of(IN_A_NAMESPACE + 1))
    assert people.namespaces == ["refit-scale-0", "refit-scale-1"]
    assert len({name for _, name in people.names}) == IN_A_NAMESPACE + 1
    assert len(list(namespaces_of(people))) == 2
    assert len(list(objects_of(people))) == 2 * (IN_A_NAMESPACE + 1)


def test_a_monitor_of_the_benchmark_is_one_that_the_operator_takes() -> None:
    spec = ModelMonitorSpec.model_validate(monitor_of("m000001", moves=False)["spec"])
    assert spec.metric.ratio and spec.training.queue_name
    assert ModelMonitorSpec.model_validate(monitor_of("m000001", moves=True)["spec"]).metric.query == QUERY


def test_the_timer_asks_for_what_the_monitor_asks_for() -> None:
    metric = {"ratio": {"good": "a", "total": "b"}, "window": "30s"}
    assert query_of(metric) == "sum(increase(a[30s])) / sum(increase(b[30s]))"
    assert query_of({"query": "up"}) == "up"


def test_those_that_move_are_spread_evenly() -> None:
    names = names_of(100)
    people = Population(names, frozenset(names[::25]))
    assert len(people.steady) == 96
    assert counters(people.steady).text().count("judged_total") == 96


def test_a_page_of_the_feed_knows_when_it_was_told_first() -> None:
    with feeding(free_port()) as feed:
        page = feed.show(MOVING, accuracies({("shop", "reviews"): 0.5}))
        assert not page.was_told.is_set()
        for _ in range(2):
            with urllib.request.urlopen(f"http://127.0.0.1:{feed.port}{MOVING}", timeout=5) as reply:
                assert reply.read() == b'accuracy{namespace="shop",monitor="reviews"} 0.5\n'
        assert page.was_told.is_set() and page.told_at > 0


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b'{"type":"ADDED","object":{"kind":"Job","metadata":{"name":"a-1-train","namespace":"x"}}}\n', "a-1-train"),
        (b'{"object":{"kind":"ModelMonitor","metadata":{"managedFields":[{"f:name":{}}],"name":"m1"}}}\n', "m1"),
        (b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"5"}}}\n', ""),
    ],
)
def test_the_name_of_what_a_watch_tells(line: bytes, name: str) -> None:
    assert name_of(line) == name


@pytest.mark.parametrize(
    ("result", "value"),
    [
        ([], None),
        ([{"value": [0, "0.5"]}], 0.5),
        ([{"value": [0, "NaN"]}], None),
        ([{"value": [0, "1"]}, {"value": [0, "2"]}], None),
    ],
)
def test_the_only_value_of_an_answer(result: list[dict[str, object]], value: float | None) -> None:
    assert only_value(result) == value


def test_a_job_is_named_for_its_monitor_and_waits() -> None:
    job = job_for("m000001")
    assert job["metadata"]["name"] == "m000001-retrain"
    assert job["spec"]["suspend"]


def test_the_rows_of_the_page() -> None:
    assert [row.number for row in rows()] == sorted(row.number for row in rows())
    assert len({row.name for row in rows()}) == len(rows())
    assert all(set(row.drawn) <= set(row.figures) for row in rows())
    assert all(goal.figure in row.figures for row in rows() for goal in row.goals)
