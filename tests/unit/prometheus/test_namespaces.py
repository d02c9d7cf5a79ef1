"""Where the administrator names a label, no query of a monitor reads series of another namespace."""

from typing import Any

import pytest

from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.monitor.observe import first_query_error
from refit_operator.prometheus.reader import Reader, Subject
from refit_operator.prometheus.rules.namespaces import namespace_objection
from refit_operator.prometheus.rules.promql import freshness_query, parse_query
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed
from refit_operator.prometheus.servers import Servers
from tests.support.samples import NOW, monitor_document

OWN = [
    'x{namespace="shop"}',
    "x{a=~'.+',namespace = 'shop'} # x",
    "{__name__=`x`,namespace=`shop`,}",
    'x{namespace="shop",namespace!="other"}',
    'sum(rate(x{namespace="shop"}[5m])) / sum(rate(y{namespace="shop"}[5m] offset 5m)) or vector(0)',
    'max_over_time(x{namespace="shop"}[1h:5m]) unless absent(y{namespace="shop"})',
    "vector(1) + time()",
]
OTHERS = [
    ("x", "x"),
    ('x{namespace="other"}', 'x{namespace="other"}'),
    ('x{namespace=~"shop"}', 'x{namespace=~"shop"}'),
    ('x{namespace!="shop"}', 'x{namespace!="shop"}'),
    ('x{namespace!~"shop"}', 'x{namespace!~"shop"}'),
    ('x{Namespace="shop"}', 'x{Namespace="shop"}'),
    ('x{exported_namespace="shop"}', 'x{exported_namespace="shop"}'),
    ('x{a="namespace=shop"}', 'x{a="namespace=shop"}'),
    ('x{namespace="shop"} / y', "y"),
    ('x{namespace="shop"} or y', "y"),
    ('x{namespace="shop"} unless y', "y"),
    ('x{namespace="shop"} + absent(y)', "y"),
    ('rate(x{namespace="shop"}[5m]) / rate(y[5m])', "y"),
    ('max_over_time(y[1h:1m]) + x{namespace="shop"}', "y"),
    ('x{namespace="shop"} @ 5 + y @ 5', "y @ 5.000"),
    ('topk(scalar(y), x{namespace="shop"})', "y"),
    ('quantile(scalar(y), x{namespace="shop"})', "y"),
    ('label_replace(y, "namespace", "shop", "", "")', "y"),
    ("sum by (namespace) (y) + -y", "y"),
    ("(((y)))", "y"),
]


@pytest.mark.parametrize("query", OWN)
def test_a_query_of_its_own_namespace(query: str) -> None:
    assert namespace_objection(query, "namespace", "shop") == ""


@pytest.mark.parametrize(("query", "selector"), OTHERS)
def test_a_query_that_reads_others(query: str, selector: str) -> None:
    objection = namespace_objection(query, "namespace", "shop")
    assert objection.startswith('each selector must have namespace="shop", or namespace="$(namespace)" (see REFIT_PROM')
    assert objection.endswith(f"this one hasn't: {selector}")


@pytest.mark.parametrize("query", ['info(x{namespace="shop"})', 'sum(info (x{namespace="shop"}, {namespace="shop"}))'])
def test_a_function_that_reads_more_than_it_selects(query: str) -> None:
    assert namespace_objection(query, "namespace", "shop").startswith("info() isn't allowed here")


def test_without_the_setting_a_query_reads_what_the_server_has() -> None:
    assert namespace_objection("x / info(y)", "", "shop") == ""


def test_the_query_for_freshness_stays_in_the_namespace() -> None:
    for query in OWN:
        selectors = parse_query(freshness_query(query)).selectors
        assert all(("namespace", "shop") in selector.equals for selector in selectors)


READER = Reader(Servers("http://default:9090", (), None), "kubernetes_namespace")  # type: ignore[arg-type]
"""It asks nobody here."""
BOUND = 'x{kubernetes_namespace="$(namespace)"}'


def check(**changes: Any) -> Any:
    spec = ModelMonitor.model_validate(monitor_document(**changes)).spec
    return first_query_error(spec, lambda query: READER.query_error(query, "shop"))


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("metric.query", {"metric": {"query": "x"}}),
        ("metric.minSamples.query", {"metric": {"query": BOUND, "minSamples": {"query": "x", "count": 1}}}),
        ("guard fed", {"metric": {"query": BOUND}, "guards": [{"name": "fed", "query": "x", "min": 1}]}),
    ],
)
async def test_the_monitor_is_told_which_query_and_what_to_add(field: str, changes: dict[str, Any]) -> None:
    error = await check(**changes)
    assert error.startswith(f'{field}: each selector must have kubernetes_namespace="shop", or kuber')
    assert error.endswith(": x")


async def test_a_monitor_of_its_own_namespace_is_fine() -> None:
    guards = [{"name": "fed", "query": BOUND, "min": 1}]
    assert await check(metric={"query": BOUND, "minSamples": {"query": BOUND, "count": 1}}, guards=guards) == ""


@pytest.mark.parametrize("query", ["x", 'x{kubernetes_namespace="$(name)"}'])
async def test_no_query_of_another_namespace_is_sent(query: str) -> None:
    """Nor where another value than the namespace happens to be what was looked for."""
    reading = await READER.once(Subject("shop", "reviews", "server"), PrometheusSpec(), query, NOW)
    assert isinstance(reading, QueryFailed)
    assert (reading.kind, "each selector must have" in reading.message) == (FailureKind.BadQuery, True)
