"""What is asked together, in how many queries, and how a batch is halved."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from refit_operator.prometheus.rules.batch import MOST_ASKED, MOST_PARTS, MOST_TEXT, Batch
from refit_operator.prometheus.rules.counting import counting_query
from refit_operator.prometheus.rules.plans import Plan, plan_values
from refit_operator.prometheus.rules.ratios import plan_ratios
from refit_operator.prometheus.rules.reading import FailureKind, NoData, QueryFailed, Value

NOW = datetime(2026, 1, 5, tzinfo=UTC)
FIVE = timedelta(minutes=5)


def pair(app: object, **more: str) -> tuple[str, str]:
    inside = ",".join([f'app="{app}"', *(f'{label}="{value}"' for label, value in more.items())])
    return f"right_total{{{inside}}}", f"judged_total{{{inside}}}"


def series(value: str, **metric: str) -> dict[str, object]:
    return {"metric": metric, "values": [[NOW.timestamp(), value]]}


def sizes(plan: Plan) -> list[int]:
    return [len(batch.places) for batch in plan.batches]


@pytest.mark.parametrize(("count", "most"), [(1, 1), (2, 1), (1000, 1), (10_000, 11)])
def test_ratios_of_one_shape_are_few_queries(count: int, most: int) -> None:
    plan = plan_ratios((*[pair(f"model-{n}") for n in range(count)],), FIVE)
    assert len(plan.queries) <= most
    assert sum(sizes(plan)) == count
    assert max(map(len, plan.queries)) <= MOST_TEXT


def test_sixty_four_queries_are_one() -> None:
    plan = plan_values(tuple(f"sum(x{n})" for n in range(MOST_PARTS)))
    assert sizes(plan) == [MOST_PARTS]
    assert sizes(plan_values(tuple(f"sum(x{n})" for n in range(MOST_PARTS + 1)))) == [MOST_PARTS, 1]


def test_long_queries_are_bounded_by_their_text() -> None:
    plan = plan_values(tuple(f'x{n}{{app="{"a" * 8000}"}}' for n in range(16)))
    assert max(map(len, plan.queries)) <= MOST_TEXT
    assert len(plan.queries) == 2
    long = plan_ratios((*[pair("a" * 400 + str(n)) for n in range(100)],), FIVE)
    assert max(map(len, long.queries)) <= 1.05 * MOST_TEXT
    assert len(long.queries) == 3


def test_what_is_asked_twice_is_asked_once_and_answered_twice() -> None:
    assert plan_values(("a", "b", "a")).order == (0, 1, 0)
    plan = plan_ratios((*[pair("a"), pair("b"), pair("a")],), FIVE)
    assert (plan.order, sizes(plan)) == ((0, 1, 0), [2])


@pytest.mark.parametrize("query", ['"text"', "x[5m]", "sum(", "sum by (refit_batch) (x)", 'x{a="\ud800"}'])
def test_what_is_asked_alone(query: str) -> None:
    plan = plan_values((query, "a", "b"))
    assert sizes(plan) == [1, 2]
    assert plan.queries[0] == query


NO_SELECTORS = ["x[5m]", "sum(x)", "x offset 5m", "x{", 'x{refit_batch="1"}', 'x{a="\ud800"}']


@pytest.mark.parametrize("good", NO_SELECTORS)
def test_what_is_no_selector_is_asked_alone(good: str) -> None:
    total = 'judged_total{app="x"}'
    plan = plan_ratios((*[(good, total), pair("a"), pair("b")],), FIVE)
    assert sizes(plan) == [1, 2]
    assert plan.queries[0] == counting_query(good, total, FIVE)


def test_one_query_is_asked_as_it_is() -> None:
    assert plan_values(("time()",)).queries == ("time()",)
    assert plan_ratios((*[pair("a")],), FIVE).queries == (counting_query(*pair("a"), FIVE),)


def test_a_scalar_is_made_a_vector() -> None:
    (query,) = plan_values(("1 + (-time())", "scalar(x)", "vector(1)", "x == 1")).queries
    assert query.count("vector(") == 3


def test_a_value_that_all_share_is_no_regular_expression() -> None:
    """The namespace's matcher stays the one that was checked."""
    (query,) = plan_ratios((*[pair(n, namespace="shop") for n in range(3)],), FIVE).queries
    assert query.count('namespace="shop"') == 4
    assert query.count('app=~"0|1|2"') == 4
    assert query.count("sum by (app) ") == 2


def test_shapes_share_a_batch_and_each_has_its_tag() -> None:
    asked = [pair("a"), pair("b"), ("x", "y"), pair("a", kind="1")]
    (batch,) = plan_ratios(tuple(asked), FIVE).batches
    found = batch.read(
        [
            series("1", app="a", refit_batch="0/0"),
            series("2", app="a", refit_batch="0/1"),
            series("8", app="c", refit_batch="0/1"),
            series("3", refit_batch="1/0"),
            series("4", refit_batch="2/1"),
        ],
        NOW,
    )
    nothing = NoData(NOW)
    assert dict(zip(batch.places, found, strict=True)) == {
        0: (Value(1, NOW), Value(2, NOW)),
        1: (nothing, nothing),
        2: (Value(3, NOW), nothing),
        3: (nothing, Value(4, NOW)),
    }


def test_where_two_labels_vary_what_wasnt_asked_for_is_ignored() -> None:
    (batch,) = plan_ratios((*[pair("a", kind="x"), pair("b", kind="y")],), FIVE).batches
    everything = [
        series(str(n), app=app, kind=kind, refit_batch=f"0/{part}")
        for n, (app, kind, part) in enumerate((a, k, p) for a in "ab" for k in "xy" for p in (0, 1))
    ]
    assert batch.read(everything, NOW) == [(Value(0, NOW), Value(1, NOW)), (Value(6, NOW), Value(7, NOW))]


def test_few_values_of_a_label_come_together() -> None:
    """Regular expressions of two labels match their product: it is no larger than what is asked for."""
    asked = [pair(n % 100, site=str(n * 7 % 5000 // 100)) for n in range(5000)]
    assert len(set(asked)) == 5000
    for batch in plan_ratios(tuple(asked), FIVE).batches:
        product = 1
        for values in batch.query.split('"')[1:4:2]:
            product *= len(values.split("|"))
        assert product <= len(batch.places) + 100


def test_halves_are_the_whole_in_its_order() -> None:
    asked = [pair(n) for n in range(9)] + [("x", "y"), ("v", "w")]
    (batch,) = plan_ratios(tuple(asked), FIVE).batches
    ends: list[Batch] = [batch]
    while not all(one.is_one for one in ends):
        halved = [half for one in ends for half in ((one,) if one.is_one else one.halves)]
        assert [place for one in halved for place in one.places] == list(batch.places)
        ends = halved
    assert [one.query for one in ends] == [counting_query(*asked[place], FIVE) for place in batch.places]
    assert batch.first.query == counting_query(*asked[0], FIVE)


def test_a_failure_is_each_ones() -> None:
    failed = QueryFailed(FailureKind.Refused, "gone", NOW)
    (batch,) = plan_ratios((*[pair("a"), ("x", "y")],), FIVE).batches
    assert batch.fail(failed) == [(failed, failed)] * 2
    (values,) = plan_values(("a", "b")).batches
    assert values.fail(failed) == [(failed,)] * 2


def test_most_are_asked_in_one_query() -> None:
    plan = plan_ratios((*[pair(n) for n in range(MOST_ASKED + 1)],), FIVE)
    assert sorted(sizes(plan)) == [1, MOST_ASKED]
    assert all(one < other for one, other in pairwise(sorted({*plan.order})))


def test_shrunk_batches_are_smaller_by_so_much() -> None:
    assert sizes(plan_values(tuple(f"sum(x{n})" for n in range(MOST_PARTS)), shrunk=4)) == [MOST_PARTS // 4] * 4
    pairs = tuple(pair(n) for n in range(MOST_ASKED))
    assert sizes(plan_ratios(pairs, FIVE, shrunk=4)) == [MOST_ASKED // 4] * 4
