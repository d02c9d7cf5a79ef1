"""The models of the batch group: no two have one value, and what is scraped of them gives it."""

from datetime import timedelta
from itertools import pairwise

from refit_operator.prometheus.rules.counting import counting_query
from refit_operator.prometheus.rules.plans import plan_values
from refit_operator.prometheus.rules.ratios import plan_ratios
from tests.faults.damage import is_batch, is_long
from tests.faults.models import A_SECOND, ALIKE, OTHER, RATIO, Model, models_in, page_of
from tests.faults.own_values import NEAR
from tests.faults.shown import number, values

METRICS = """refit_swept_total 84.0
refit_monitor_value{monitor="m001",namespace="shop"} 0.902
refit_monitor_value{monitor="m002",namespace="shop"} 5e-01
refit_monitor_value_else{monitor="m003"} 1.0
"""


def test_every_kind_falls_and_values_differ() -> None:
    models = models_in("shop", 42, 6)
    assert {model.kind for model in models if model.falls} == {ALIKE, OTHER, RATIO}
    assert sum(model.falls for model in models) == 6
    known = sorted(value for one in models for value in (one.truth.good, one.truth.bad) if value is not None)
    assert min(after - before for before, after in pairwise(known)) > 2 * NEAR
    assert all(one.truth.good < 1 and one.truth.good > 0.85 > (one.truth.bad or 0) for one in models)


def test_a_models_queries_differ_by_kind() -> None:
    queries = {model.kind: model.metric()["query"] for model in models_in("shop", 3, 0)}
    assert queries[RATIO] is None
    assert queries[OTHER] == 'accuracy{model="$(namespace)/$(name)"} * 1 / 1'
    assert queries[ALIKE] == 'avg(accuracy{model="$(namespace)/$(name)"})'


SPACE = "faults-4194304-batch-0"
"""As long as the name of a namespace may be."""
WINDOW = timedelta(seconds=10)


def asked(kind: str) -> list[tuple[str, ...]]:
    """Return what monitors of a kind ask."""
    found = []
    for model in models_in(SPACE, 42, 6):
        if model.kind == kind:
            metric = model.metric()
            texts = metric["ratio"].values() if kind == RATIO else [metric["query"]]
            found.append(tuple(text.replace("$(namespace)", SPACE).replace("$(name)", model.name) for text in texts))
    return found


def test_queries_of_several_are_too_long_and_those_of_one_are_not() -> None:
    ratios = [(good, total) for good, total in asked(RATIO)]
    (many,) = plan_ratios(tuple(ratios), WINDOW).queries
    (alike,) = plan_values(tuple(text for (text,) in asked(ALIKE))).queries
    (others,) = plan_values(tuple(text for (text,) in asked(OTHER))).queries
    assert all(is_batch(query) and is_long(query) for query in (many, alike, others))
    alone = [*(text for kind in (ALIKE, OTHER) for (text,) in asked(kind)), counting_query(*ratios[0], WINDOW)]
    assert not any(is_batch(query) or is_long(query) for query in alone)


def counts(model: Model, now: float) -> list[int]:
    return [int(line.split()[1]) for line in model.lines(now).splitlines()]


def test_counters_rise_at_the_rate_of_the_moment() -> None:
    model = Model("shop", 2, falls=True, began=0.0)
    assert model.kind == RATIO
    good, total = counts(model, 10.0)
    assert (good, total) == (int(10 * A_SECOND * model.truth.good), 10 * A_SECOND)
    model.fell = 10.0
    later = counts(model, 20.0)
    assert (later[0] - good, later[1] - total) == (int(10 * A_SECOND * (model.truth.bad or 0)), 10 * A_SECOND)


def test_an_accuracy_falls_at_once() -> None:
    model = Model("shop", 3, falls=True)
    assert model.lines(0.0) == 'accuracy{model="shop/m003"} 0.906\n'
    model.fell = 0.0
    assert page_of([model]).tell() == b'accuracy{model="shop/m003"} 0.506\n'


def test_metrics_are_read_by_name() -> None:
    assert number(METRICS, "refit_swept_total") == 84.0
    assert values(METRICS) == {"m001": 0.902, "m002": 0.5}
