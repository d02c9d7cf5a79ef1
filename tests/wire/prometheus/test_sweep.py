"""What a sweep reads of a monitor is what its own window says, on a real Prometheus."""

from datetime import timedelta
from typing import Any

import pytest

from refit_operator.monitor.rules.rest import Rest
from refit_operator.prometheus.reader import Reader, Subject
from refit_operator.prometheus.rules.reading import QueryFailed, reason_of
from refit_operator.prometheus.servers import Servers
from refit_operator.sweep.reading import read
from refit_operator.sweep.resting import Resting, resting
from tests.support.monitors import seen
from tests.support.prometheus.history import ACCURACY, DEATH, NOON, SUBJECT, VARIABLES
from tests.support.prometheus.no_secrets import NoSecrets
from tests.support.samples import make_monitor

MINUTE = timedelta(minutes=1)
DYING = {"query": "sum(rate(dying_total[10m]))", "interval": "1m"}
AFTER_DEATH = DEATH + 5 * MINUTE
REST = Rest(0.85, True, 0.0, 1.0, None, NOON, NOON, MINUTE, NOON)


def backed(query: str, count: int) -> dict[str, Any]:
    return {"query": ACCURACY, "minSamples": {"query": query, "count": count}}


METRICS: dict[str, tuple[dict[str, Any], str]] = {
    "a query": ({"query": ACCURACY}, "Value"),
    "a query out of its bounds": ({"query": f"100 * {ACCURACY}", "bounds": {"max": 1}}, "OutOfRange"),
    "a query with variables": ({"query": VARIABLES}, "Value"),
    "a query without series": ({"query": "sum(nothing)"}, "NoData"),
    "a query with samples": ({"query": ACCURACY, "samples": "sum(increase(judged_total[10m]))"}, "Value"),
    "samples without series": ({"query": ACCURACY, "samples": "sum(nothing)"}, "NoData"),
    "a query that Prometheus refuses": ({"query": "pair / on() pair"}, "QueryFailed"),
    "a ratio": ({"query": None, "ratio": {"good": "correct_total", "total": "judged_total"}}, "Value"),
    "an error rate": (
        {"query": None, "ratio": {"good": "correct_total", "total": "judged_total"}, "direction": "Above"},
        "Value",
    ),
    "enough samples": (backed("sum(increase(judged_total[10m]))", 100), "Value"),
    "too few samples": (backed("sum(increase(judged_total[10m]))", 10_000), "TooFewSamples"),
    "no series of samples": (backed("sum(nothing)", 1), "TooFewSamples"),
    "samples that Prometheus refuses": (backed("pair / on() pair", 1), "QueryFailed"),
    "samples behind no value": (backed("pair / on() pair", 1) | {"query": "sum(nothing)"}, "NoData"),
    "a fresh value": ({"query": ACCURACY, "maxAge": "2m"}, "Value"),
    "a fresh value with variables": ({"query": VARIABLES, "maxAge": "2m"}, "Value"),
    "a stale value": (DYING | {"maxAge": "2m"}, "Stale"),
    "a value without any sample that is asked for": (DYING | {"maxAge": "20s"}, "Stale"),
    "one fresh, backed and counted": (
        backed("sum(judged_total)", 100)
        | {"samples": "sum(increase(judged_total[10m]))", "maxAge": "2m", "falseRuns": {"atMost": 1, "per": "720h"}},
        "Value",
    ),
    "a fresh ratio": (
        {
            "query": None,
            "ratio": {"good": "correct_total", "total": "judged_total"},
            "maxAge": "2m",
            "minSamples": {"query": "sum(judged_total)", "count": 100},
        },
        "Value",
    ),
    "a ratio without series": ({"query": None, "ratio": {"good": "nothing", "total": "judged_total"}}, "NoData"),
}


def known(reader: Reader, metric: dict[str, Any], **spec: Any) -> Resting | None:
    return resting(seen(monitor=make_monitor(metric=metric, **spec)), REST, 1, SUBJECT, reader)


@pytest.mark.parametrize("name", METRICS)
async def test_a_reading_of_a_sweep_is_that_of_the_window(prometheus: str, name: str) -> None:
    metric, want = METRICS[name]
    now = AFTER_DEATH if want == "Stale" else NOON
    reader = Reader(Servers(prometheus, (), NoSecrets()))
    monitor = make_monitor(metric=metric)
    window = await reader.window(SUBJECT, monitor.spec.prometheus, monitor.spec.metric, 1, now)
    alone = window if isinstance(window, QueryFailed) else window[0]
    found = known(reader, metric)
    assert found is not None
    point = found.key.grid.points(now, 1)[0]
    asked = [found.member.asked] * 3
    together = await read(reader, "shop", "", found.prometheus, found.key.form, asked, point)
    assert reason_of(alone) == want
    assert [reason_of(each) for each in together] == [want] * 3
    if want != "QueryFailed":
        assert list(together) == [alone] * 3


async def test_a_server_that_may_not_be_asked_gives_no_reading() -> None:
    reader = Reader(Servers("http://localhost:1", (), NoSecrets()))
    found = known(reader, {}, prometheus={"serverAddress": "http://elsewhere:9090"})
    assert found is not None
    readings = await read(reader, "shop", "", found.prometheus, found.key.form, [("up",)] * 2, NOON)
    assert [reason_of(each) for each in readings] == ["QueryFailed"] * 2


def test_who_has_headers_of_its_own_is_read_by_itself(prometheus: str) -> None:
    reader = Reader(Servers(prometheus, (), NoSecrets()))
    shared, own = known(reader, {}), known(reader, {}, prometheus={"headers": {"X-Scope-OrgID": "shop"}})
    assert shared is not None and own is not None
    assert (shared.key.namespace, own.key.namespace) == ("", "shop")
    assert shared.key.of("shop").namespace == "shop"


def test_a_variable_without_a_value_is_never_at_rest(prometheus: str) -> None:
    reader = Reader(Servers(prometheus, (), NoSecrets()))
    subject = Subject("shop", "reviews", "reviews")
    o = seen(monitor=make_monitor(metric={"query": 'x{digest="$(digest)"}'}))
    assert resting(o, REST, 1, subject, reader) is None
