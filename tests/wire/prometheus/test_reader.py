"""A monitor's window of a real Prometheus: only what is fresh and well backed is a value; variables are filled in."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from refit_operator.api.metric import MetricSpec
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.prometheus.reader import Reader, Subject
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Reading, Value, describe, reason_of
from refit_operator.prometheus.servers import Servers
from tests.support.prometheus.history import ACCURACY, DEATH, DIGEST, NOON, SUBJECT, VARIABLES
from tests.support.prometheus.no_secrets import NoSecrets

MINUTE = timedelta(minutes=1)


async def window(
    address: str, now: datetime, count: int = 3, subject: Subject = SUBJECT, **metric: Any
) -> tuple[Reading, ...] | QueryFailed:
    spec = MetricSpec.model_validate({"query": ACCURACY, "threshold": 0.85} | metric)
    readings = Reader(Servers(address, (), NoSecrets()))
    return await readings.window(subject, PrometheusSpec(), spec, count, now)


def names(readings: tuple[Reading, ...] | QueryFailed) -> list[str]:
    assert not isinstance(readings, QueryFailed), readings
    return [reason_of(reading) for reading in readings]


def judged(count: float) -> dict[str, Any]:
    """800 are judged in ten minutes."""
    return {"query": "sum(increase(judged_total[10m]))", "count": count}


@pytest.mark.parametrize(("count", "want"), [(750, "Value"), (850, "TooFewSamples")])
async def test_a_value_needs_enough_samples(prometheus: str, count: float, want: str) -> None:
    found = await window(prometheus, NOON, minSamples=judged(count))
    assert names(found) == [want] * 3


async def test_samples_are_the_outcomes_behind_a_value(prometheus: str) -> None:
    found = await window(prometheus, NOON, samples="sum(increase(judged_total[10m]))")
    assert not isinstance(found, QueryFailed)
    counts = [reading.counts for reading in found if isinstance(reading, Value)]
    assert [one.total for one in counts if one] == pytest.approx([800] * 3, abs=2)
    assert names(await window(prometheus, NOON, samples="sum(nothing)")) == ["NoData"] * 3
    wrong = await window(prometheus, NOON, samples="pair / on() pair")
    assert isinstance(wrong, QueryFailed) and wrong.message.startswith("metric.samples: ")


async def test_no_count_is_too_few(prometheus: str) -> None:
    found = await window(prometheus, NOON, minSamples={"query": "sum(nothing)", "count": 1})
    assert names(found) == ["TooFewSamples"] * 3


async def test_samples_are_counted_at_each_point(prometheus: str) -> None:
    """`dying_total` makes 20 steps in five minutes, and none any more after its death; grids begin anywhere."""
    steps = {"query": "sum(increase(dying_total[5m]))", "count": 15}
    found = names(await window(prometheus, DEATH + 10 * MINUTE, count=5, interval="5m", minSamples=steps))
    assert (found[0], found[-1]) == ("Value", "TooFewSamples")
    assert found == sorted(found, reverse=True)


async def test_a_rate_answers_on_for_a_counter_that_is_gone_and_is_stale(prometheus: str) -> None:
    """Six minutes after its death the rate over ten minutes still has a value; only its age tells."""
    query, now = "sum(rate(dying_total[10m])) * 15", DEATH + 6 * MINUTE
    believed = await window(prometheus, now, query=query, interval="2m")
    doubted = await window(prometheus, now, query=query, interval="2m", maxAge="90s")
    assert names(believed) == ["Value"] * 3
    assert names(doubted)[-1] == "Stale"
    assert not isinstance(doubted, QueryFailed)
    assert "the newest sample behind the value is" in describe(doubted[-1])


async def test_a_living_counter_is_fresh(prometheus: str) -> None:
    assert names(await window(prometheus, NOON, maxAge="1m")) == ["Value"] * 3


async def test_both_demands_together(prometheus: str) -> None:
    assert names(await window(prometheus, NOON, maxAge="1m", minSamples=judged(750))) == ["Value"] * 3


async def test_a_count_that_prometheus_refuses_is_the_counts_fault(prometheus: str) -> None:
    found = await window(prometheus, NOON, minSamples={"query": "pair / on() pair", "count": 1})
    assert isinstance(found, QueryFailed)
    assert (found.kind, found.message.startswith("metric.minSamples: ")) == (FailureKind.BadQuery, True)


async def test_variables_stand_for_the_monitors_own_values(prometheus: str) -> None:
    found = await window(prometheus, NOON, query=VARIABLES)
    assert not isinstance(found, QueryFailed)
    assert [reading.value for reading in found if isinstance(reading, Value)] == [0.9] * 3
    counted = {"query": 'count_over_time(labelled{digest="$(digest)"}[10m])', "count": 30}
    assert names(await window(prometheus, NOON, minSamples=counted)) == ["Value"] * 3


@pytest.mark.parametrize("change", [{"name": "other"}, {"digest": "sha256:2"}, {"target": "serve.*"}])
async def test_another_monitors_values_find_nothing(prometheus: str, change: dict[str, str]) -> None:
    values = {"namespace": "shop", "name": "reviews", "target": "server", "digest": DIGEST}
    assert names(await window(prometheus, NOON, query=VARIABLES, subject=Subject(**values | change))) == ["NoData"] * 3


@pytest.mark.parametrize(("namespace", "want"), [("shop", ["Value"] * 3), ("other", ["NoData"] * 3)])
async def test_where_the_label_is_set_a_monitor_reads_its_own_series(
    prometheus: str, namespace: str, want: list[str]
) -> None:
    bound = Reader(Servers(prometheus, (), NoSecrets()), "namespace")
    spec = MetricSpec.model_validate(
        {"query": 'sum(labelled{namespace="$(namespace)"})', "threshold": 0, "maxAge": "1m"}
    )
    subject = Subject(namespace, "reviews", "server")
    assert names(await bound.window(subject, PrometheusSpec(), spec, 3, NOON)) == want
    for query in ("sum(labelled)", 'sum(labelled{namespace="shop"}) or labelled', 'sum(labelled{namespace=~".*"})'):
        reading = await bound.once(subject, PrometheusSpec(), query, NOON)
        assert isinstance(reading, QueryFailed)
        assert "each selector must have" in reading.message


async def test_the_grid_stays_where_it_is_when_the_digest_changes(prometheus: str) -> None:
    spec = MetricSpec.model_validate({"query": VARIABLES, "threshold": 0.85})
    readings = Reader(Servers(prometheus, (), NoSecrets()))
    times = readings.grid_of(PrometheusSpec(), spec).points(NOON, 3)
    for digest in (DIGEST, "sha256:2"):
        subject = Subject("shop", "reviews", "server", digest)
        found = await readings.window(subject, PrometheusSpec(), spec, 3, NOON)
        assert not isinstance(found, QueryFailed)
        assert tuple(reading.time for reading in found) == times


@pytest.mark.parametrize(("query", "want"), [("min(pair)", 1.0), ('sum(labelled{digest="$(digest)"})', 0.9)])
async def test_a_guards_query_is_asked_once(prometheus: str, query: str, want: float) -> None:
    reading = await Reader(Servers(prometheus, (), NoSecrets())).once(SUBJECT, PrometheusSpec(), query, NOON)
    assert reading == Value(want, NOON)
