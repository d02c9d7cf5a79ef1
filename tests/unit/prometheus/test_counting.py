"""Counts of a ratio: which selectors may be asked, the query, and how its answers become readings."""

from datetime import UTC, datetime, timedelta

import pytest

from refit_operator.prometheus.rules.counting import counting_query, read_ratio, selector_objection
from refit_operator.prometheus.rules.promql import parse_query
from refit_operator.prometheus.rules.reading import (
    UNBOUNDED,
    Counts,
    MultipleSeries,
    NoData,
    NotANumber,
    OutOfRange,
    Reading,
    TooFewSamples,
    Value,
)

T = datetime(2026, 1, 1, tzinfo=UTC)
SELECTORS = [
    "judged_total",
    'judged_total{app="reviews"}',
    "{__name__='judged_total'}",
    ' judged_total { digest = "$(digest)", app=~"a|b{2}[0-9]#(x)" } ',
]
NO_SELECTORS = [
    "",
    "sum(judged_total)",
    "judged_total[5m]",
    "judged_total offset 5m",
    "judged_total @ 0",
    "judged_total or vector(0)",
    "judged_total) or (vector(1)",
    "judged_total # judged",
    '"judged_total"',
    "1",
    'judged{a="b"} c{d="e"}',
    'judged{a="b"',
    'judged{a="b"}}',
    'judged{a="b}',
]


@pytest.mark.parametrize("text", SELECTORS)
def test_a_selector(text: str) -> None:
    assert selector_objection(text) == ""


@pytest.mark.parametrize("text", NO_SELECTORS)
def test_what_is_no_selector(text: str) -> None:
    assert selector_objection(text)


def test_the_query_asks_for_both_counters_over_the_window() -> None:
    query = counting_query('right{a="b"}', "judged", timedelta(minutes=5))
    assert query == (
        'label_replace(sum(increase(right{a="b"}[5m]) * (1 - 1 / count_over_time(right{a="b"}[5m]))), '
        '"refit_part", "good", "", "")'
        " or label_replace(sum(increase(judged[5m]) * (1 - 1 / count_over_time(judged[5m]))), "
        '"refit_part", "total", "", "")'
    )
    assert parse_query(query).reach == timedelta(minutes=5)


def value(number: float) -> Value:
    return Value(number, T)


def counted(good: int, total: int) -> Value:
    return Value(good / total, T, Counts(good, total))


READ: dict[str, tuple[Reading, Reading, Reading]] = {
    "whole numbers": (value(170), value(200), counted(170, 200)),
    "whole numbers but for arithmetic": (value(169.99999999), value(200.00000001), counted(170, 200)),
    "parts are no bad outcomes": (value(170.5), value(200.4), counted(171, 200)),
    "all right": (value(5), value(5), counted(5, 5)),
    "none right": (value(0), value(5), counted(0, 5)),
    "nothing was judged": (value(0), value(0), TooFewSamples(0, T)),
    "less than one was judged": (value(0), value(0.4), TooFewSamples(0, T)),
    "no series": (NoData(T), NoData(T), NoData(T)),
    "no series of one": (NoData(T), value(200), NoData(T)),
    "no series of the other": (value(170), NoData(T), NoData(T)),
    "not a number": (NotANumber(T), value(200), NotANumber(T)),
    "several": (value(1), MultipleSeries(2, T), MultipleSeries(2, T)),
    "more right than judged": (value(210), value(200), OutOfRange(1.05, T)),
    "right, but none judged": (value(3), value(0), OutOfRange(3, T)),
    "fewer than none": (value(-1), value(200), OutOfRange(-0.005, T)),
}


@pytest.mark.parametrize("name", READ)
def test_a_reading_with_its_counts(name: str) -> None:
    good, total, want = READ[name]
    assert read_ratio([good], [total], True, UNBOUNDED) == (want,)


def test_of_an_error_rate_errors_are_rounded_down() -> None:
    assert read_ratio([value(9.5)], [value(200.4)], False, UNBOUNDED) == (counted(9, 200),)


def test_bounds_hold_for_a_ratio_too() -> None:
    assert read_ratio([value(1)], [value(2)], True, (0.6, None)) == (OutOfRange(0.5, T),)
