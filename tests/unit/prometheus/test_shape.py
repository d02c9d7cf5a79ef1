"""Queries that differ in nothing but the values of their equality matchers have one shape."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refit_operator.prometheus.rules.shape import equal_to, one_of, shape_of, take_apart
from refit_operator.prometheus.rules.tokens import tokens_of


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ('x{a="1"}', ("1",)),
        ('x{a="1",b=~"2",c!="3",d!~"4"}', ("1",)),
        ("x{a = '1', b=`\\2`}", ("1", "\\2")),
        (r'x{a="\\ \" \n"}', ('\\ " \n',)),
        (r'x{a="\x41",b="\u00e9",c="\'"}', ()),
        ('x{a=""}', ()),
        ('{__name__="x",a="1"}', ("1",)),
        ('x{inf="1",NaN="2"}', ()),
        ('{"a"="1"}', ()),
        ('x == "1"', ()),
        ('label_replace(x{a="1"}, "b", "2", "", "")', ("1",)),
        ('x{a="1",a="2"}', ("1", "2")),
    ],
)
def test_values_that_are_taken_out(query: str, values: tuple[str, ...]) -> None:
    assert take_apart(query)[1] == values


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('sum(rate(x{a="1"}[5m]))', "sum( rate(x{ a = '2' } [5m]) )", False),
        ('sum(rate(x{a="1"}[5m]))', 'sum(rate(x{a="2"}[5m]))', True),
        ('x{a="1"} # of one', 'x{a="2"}\n', True),
        ('x{a="1"}', 'x{b="1"}', False),
        ('x{a="1"}', 'y{a="1"}', False),
        ('x{a="1"}', 'x{a=""}', False),
        ('x{a="1",b=~"1"}', 'x{a="1",b=~"2"}', False),
        ('{__name__="x"}', '{__name__="y"}', False),
        ("x{", "x{", True),
        ("x[5m", "y[5m", False),
    ],
)
def test_shapes(one: str, other: str, same: bool) -> None:
    assert (shape_of(one) == shape_of(other)) is same


values = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(values, st.lists(values, min_size=1))
def test_a_value_is_written_as_it_is_read(value: str, others: list[str]) -> None:
    shape, (found,) = take_apart(f"x{{a{equal_to(value)}}}")
    assert found == value
    assert shape.fill((equal_to(value),)) == f"x{{a{equal_to(value)}}}"
    (token,) = [token for token in tokens_of(f"x{{a{one_of([value, *others])}}}") if token.kind == "string"]
    assert token.matcher == "=~"


@given(st.lists(values, min_size=1, max_size=5), values)
def test_one_of_matches_these_and_nothing_else(asked: list[str], other: str) -> None:
    """Python's expressions escape as RE2's do, as far as literals go."""
    text = one_of(asked)[3:-1].replace("\\n", "\n") if "\\" not in "".join(asked) else ""
    if text and '"' not in text:
        pattern = re.compile(text.replace("\\\\", "\\"), re.DOTALL)
        assert all(pattern.fullmatch(value) for value in asked)
        assert bool(pattern.fullmatch(other)) is (other in asked)
