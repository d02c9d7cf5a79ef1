"""Which queries of one shape become one query with groups, and what that says."""

from datetime import UTC, datetime

import pytest

from refit_operator.prometheus.rules.batch import MOST_ASKED, MOST_TEXT
from refit_operator.prometheus.rules.plans import plan_values
from refit_operator.prometheus.rules.promql import parse_query
from refit_operator.prometheus.rules.reading import NoData, Value

NOW = datetime(2026, 1, 5, tzinfo=UTC)
QUOTIENT = 'sum(rate(right{{app="{0}",namespace="shop"}}[5m])) / sum(rate(judged{{app="{0}",namespace="shop"}}[5m]))'


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ('sum(x{a="1"})', {"a"}),
        ('sum(x{a="1",b="2"}) / sum(y{b="2"})', {"b"}),
        ('1 - (sum(x{a="1"}) + time()) > 0.5', {"a"}),
        ('max(max_over_time(rate(x{a="1"}[1m] offset 1d)[5m:30s]))', {"a"}),
        ("sum(x)", set()),
        ('sum(x{a=~"1"})', set()),
        ('x{a="1"}', None),
        ('rate(x{a="1"}[5m])', None),
        ('sum by (b) (x{a="1"})', None),
        ('sum without (b) (x{a="1"})', None),
        ('sum(sum(x{a="1"}))', None),
        ('topk(1, x{a="1"})', None),
        ('quantile(0.5, x{a="1"})', None),
        ('sum(x{a="1"} / y{a="1"})', None),
        ('sum(x{a="1"}) / on() sum(y{a="1"})', None),
        ('sum(x{a="1"}) == bool 1', None),
        ('sum(x{a="1"}) or vector(0)', None),
        ('sum(x{a="1"}) unless sum(y{a="1"})', None),
        ('sum(x{a="1"}) * scalar(y{a="1"})', None),
        ('sum(absent(x{a="1"}))', None),
        ('sum(label_replace(x{a="1"}, "a", "b", "", ""))', None),
        ('absent(sum(x{a="1"}))', None),
        ('histogram_quantile(0.9, sum(x{a="1"}))', None),
        ("1", None),
        ("time()", None),
    ],
)
def test_what_may_have_groups(query: str, labels: set[str] | None) -> None:
    assert parse_query(query).groups == labels


def test_queries_of_one_shape_are_one_with_groups() -> None:
    (query,) = plan_values(tuple(QUOTIENT.format(n) for n in range(3))).queries
    assert query.count("sum by (app) ") == 2
    assert query.count('app=~"0|1|2"') == 2
    assert query.count('namespace="shop"') == 2


def test_a_thousand_are_one_query_within_the_bounds() -> None:
    assert len(plan_values(tuple(QUOTIENT.format(f"model-{n}") for n in range(MOST_ASKED))).queries) == 1
    plan = plan_values(tuple(QUOTIENT.format(f"model-{n}") for n in range(10 * MOST_ASKED)))
    assert max(map(len, plan.queries)) <= MOST_TEXT
    assert len(plan.queries) <= 11


def test_values_that_differ_within_a_query_are_kept_apart() -> None:
    """By one label there is no telling them apart: each pair of values is a query, where a third label may vary."""
    form = 'sum(x{{app="{0}",kind="{2}"}}) / sum(y{{app="{1}",kind="{2}"}})'
    asked = [(1, 2, "a"), (1, 2, "b"), (2, 1, "a"), (3, 3, "a"), (4, 4, "a")]
    (query,) = plan_values(tuple(form.format(*one) for one in asked)).queries
    assert query.count("sum by (kind) ") == 2
    assert query.count("sum by (app) ") == 2
    assert query.count("sum(") == 2


def test_each_query_has_its_own_group() -> None:
    form = 'sum(x{{app="{}",kind="{}"}})'
    (batch,) = plan_values((form.format("a", "k"), form.format("b", "l"), form.format("a", "l"))).batches
    answer = [
        {"metric": {"app": app, "kind": kind, "refit_batch": "0/0"}, "values": [[NOW.timestamp(), value]]}
        for app, kind, value in (("a", "k", "1"), ("b", "l", "2"), ("b", "k", "3"))
    ]
    found = dict(zip(batch.places, batch.read(answer, NOW), strict=True))
    assert found == {0: (Value(1, NOW),), 1: (Value(2, NOW),), 2: (NoData(NOW),)}


def test_two_spellings_of_one_query_are_both_answered() -> None:
    (batch,) = plan_values(('sum(x{a="1"})', 'sum( x{a="1"} )', "sum(x{a='1'})")).batches
    answer = [
        {"metric": {"refit_batch": f"{n}/0"}, "values": [[NOW.timestamp(), "1"]]} for n in range(len(batch.groups))
    ]
    assert batch.read(answer, NOW) == [(Value(1, NOW),)] * 3


def test_halves_of_a_group_are_the_whole() -> None:
    queries = tuple(QUOTIENT.format(n) for n in range(5))
    (batch,) = plan_values(queries).batches
    first, second = batch.halves
    assert first.places + second.places == batch.places
    assert batch.first.query == queries[batch.places[0]]
