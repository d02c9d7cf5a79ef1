from datetime import timedelta
from time import process_time

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refit_operator.prometheus.rules.promql import (
    QueryInvalid,
    freshness_query,
    longest_range,
    parse_query,
    substitute,
    variables_of,
)

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
ACCURACY = 'sum(rate(correct_total{app="a"}[10m])) / sum(rate(judged_total{app="a"}[10m]))'


@pytest.mark.parametrize(
    ("query", "longest", "reach"),
    [
        ("up", 0 * MINUTE, 0 * MINUTE),
        ("1 + 1", 0 * MINUTE, 0 * MINUTE),
        (ACCURACY, 10 * MINUTE, 10 * MINUTE),
        ("rate(x[5m]) / rate(y[20m])", 20 * MINUTE, 20 * MINUTE),
        ("max_over_time(rate(x[5m])[1h:30s])", 65 * MINUTE, 65 * MINUTE),
        ("rate(x[10m] offset 5m)", 10 * MINUTE, 15 * MINUTE),
        ("max_over_time(rate(x[5m])[1h:1m] offset 1h)", 65 * MINUTE, 125 * MINUTE),
        ("rate(x[10m]) / rate(x[10m] offset 1d)", 10 * MINUTE, 24 * HOUR + 10 * MINUTE),
        ("rate(x[10m]) / rate(x[1h] @ 1700000000)", 10 * MINUTE, 10 * MINUTE),
        ("quantile(scalar(max_over_time(q[30m])), rate(x[5m]))", 30 * MINUTE, 30 * MINUTE),
        ("-(rate(x[1h30m]))", 90 * MINUTE, 90 * MINUTE),
    ],
)
def test_how_far_back_a_query_reads(query: str, longest: timedelta, reach: timedelta) -> None:
    assert longest_range(query) == longest
    assert parse_query(query).reach == reach


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "no expression found"),
        ("sum(", "unclosed left parenthesis"),
        ("sum(x) by 3", "."),
        ('x{a="$(name)', "unterminated"),
        ("x[5m]", "a range of values"),
        ("(x[5m])", "a range of values"),
        ("x[5m:1m]", "a range of values"),
        ('"text"', "a string"),
        ('x{a="1" or b="2"}', "isn't PromQL"),
        ("rate(x[5m] @ end())", "depend on the window"),
        ("max_over_time(x[5m:1m] @ start())", "depend on the window"),
        ("x offset -5m", "reads the future"),
        ("x" * 5000, "5000 characters long"),
        ("(" * 200 + "x" + ")" * 200, "nested more than 100 deep"),
        (" + ".join(["x"] * 200), "nested more than 100 deep"),
    ],
)
def test_what_gives_no_repeatable_number_is_refused(query: str, message: str) -> None:
    with pytest.raises(QueryInvalid, match=message):
        parse_query(query)


@pytest.mark.parametrize("query", ["(" * 2040 + "x" + ")" * 2040, "-" * 4000 + "x", "+".join(["x"] * 2000)])
def test_a_hostile_query_is_refused_without_holding_up_the_rest(query: str) -> None:
    begin = process_time()
    for _ in range(20):
        with pytest.raises(QueryInvalid):
            parse_query(query)
    assert process_time() - begin < 10


VALUES = {"name": "reviews", "namespace": "shop", "target": "my.app", "digest": "sha256:ab"}


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("up", "up"),
        ('up{app="$(name)"}', 'up{app="reviews"}'),
        ("up{app='$(namespace)/$(name)'}", "up{app='shop/reviews'}"),
        ("up{app=`$(name)`}", "up{app=`reviews`}"),
        ('up{app != "$(digest)"}', 'up{app != "sha256:ab"}'),
        ('up{app="$(target)"}', 'up{app="my.app"}'),
        ('up{app=~"$(target)-.*"}', 'up{app=~"my\\\\.app-.*"}'),
        ("up{app!~`$(target)-.*`}", "up{app!~`my\\.app-.*`}"),
        ('up{a="\\"$(name)"} # $(other)', 'up{a="\\"reviews"} # $(other)'),
        ('label_replace(up, "a", "$1", "b", "(.*)")', 'label_replace(up, "a", "$1", "b", "(.*)")'),
    ],
)
def test_variables_are_filled_in_and_the_rest_is_left(query: str, want: str) -> None:
    assert substitute(query, VALUES) == want


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('up{app="$(pod)"}', r"no variable \$\(pod\); there are name, namespace, target, digest"),
        ('label_replace(up, "a", "$(name)", "b", "")', "only in label values"),
        ("$(name)", "unexpected|invalid"),
        ("sum(", "unclosed left parenthesis"),
    ],
)
def test_what_cannot_be_filled_in_is_refused(query: str, message: str) -> None:
    with pytest.raises(QueryInvalid, match=message):
        substitute(query, VALUES)


def test_a_variable_without_a_value_here_is_refused() -> None:
    with pytest.raises(QueryInvalid, match=r"\$\(digest\) has no value here"):
        substitute('up{d="$(digest)"}', {"name": "reviews"})


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")), st.sampled_from("\"'"))
def test_no_value_can_leave_its_label(hostile: str, quote: str) -> None:
    filled = substitute(f"x{{a={quote}$(name){quote}}}", {"name": hostile})
    tree = promql_parser.parse(filled)
    assert isinstance(tree, promql_parser.VectorSelector)
    assert [(m.name, m.value) for m in tree.matchers.matchers] == [("a", hostile)]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_no_value_is_a_regular_expression(hostile: str) -> None:
    tree = promql_parser.parse(substitute('x{a=~"$(name)"}', {"name": hostile}))
    assert isinstance(tree, promql_parser.VectorSelector)
    pattern = tree.matchers.matchers[0].value
    unescaped = pattern.replace("\\\\", "\0")
    assert unescaped.replace("\\", "").replace("\0", "\\") == hostile


def test_variables_are_found_in_label_values_only() -> None:
    assert variables_of('x{a="$(name)",b=~"$(digest).*"} # $(target)') == {"name", "digest"}


def ages(*selectors: str) -> str:
    parts = (
        f'label_replace(time() - max(max_over_time(timestamp({s})[10m:5s])), "selector", "{i}", "", "")'
        for i, s in enumerate(selectors)
    )
    return " or ".join(parts)


@pytest.mark.parametrize(
    ("name", "query", "want"),
    [
        ("one", "rate(x[10m])", "time() - max(max_over_time(timestamp(x)[10m:5s]))"),
        ("escaped", 'x{a="\\""}', 'time() - max(max_over_time(timestamp(x{a="\\""})[10m:5s]))'),
        ("the same twice", "x / x", "time() - max(max_over_time(timestamp(x)[10m:5s]))"),
        ("all of several", "x / y", f"max({ages('x', 'y')}) and count({ages('x', 'y')}) == 2"),
        ("offset", "x offset 1h", "time() - 3600 - max(max_over_time(timestamp(x offset 1h)[10m:5s]))"),
        (
            "offset of a subquery",
            "max_over_time(x[1h:1m] offset 1d)",
            "time() - 86400 - max(max_over_time(timestamp(x)[10m:5s] offset 1d))",
        ),
        ("pinned", "x / x @ 1700000000", "time() - max(max_over_time(timestamp(x)[10m:5s]))"),
        ("a default", "x or vector(0)", "time() - max(max_over_time(timestamp(x)[10m:5s]))"),
        ("alternatives", "x or y", f"min({ages('x', 'y')})"),
        ("an alternative part", "x / (y or vector(1))", "time() - max(max_over_time(timestamp(x)[10m:5s]))"),
        ("right of unless", "x unless y", "time() - max(max_over_time(timestamp(x)[10m:5s]))"),
        ("between backquotes", r"x{a=~`a\.b`}", r'time() - max(max_over_time(timestamp(x{a=~"a\\.b"})[10m:5s]))'),
        ("absent", "absent(x)", "vector(0)"),
        ("no selector", "1 + 1", "vector(0)"),
    ],
)
def test_the_age_is_asked_of_the_queries_own_selectors(name: str, query: str, want: str) -> None:
    assert freshness_query(query) == want
    parse_query(want)


def test_the_age_is_asked_as_finely_as_needed() -> None:
    assert freshness_query("x", HOUR) == "time() - max(max_over_time(timestamp(x)[5h:2m30s]))"
    assert freshness_query("x", timedelta(seconds=10)) == "time() - max(max_over_time(timestamp(x)[50s:1s]))"
