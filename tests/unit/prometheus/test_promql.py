from contextlib import suppress
from datetime import timedelta

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refit_operator.prometheus.rules import promql
from refit_operator.prometheus.rules.promql import (
    QueryInvalid,
    freshness_query,
    longest_range,
    parse_query,
    substitute,
    variables_of,
)
from refit_operator.prometheus.rules.tokens import Token, check_cost, tokens_of
from tests.hostile.asked import QUERIES, UNFILLED
from tests.support.cpu import least_cpu

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


@pytest.mark.parametrize(("query", "message"), QUERIES)
def test_what_gives_no_repeatable_number_is_refused(query: str, message: str) -> None:
    with pytest.raises(QueryInvalid, match=message):
        parse_query(query)


HOSTILE = {
    "brackets": "(" * 32 + "x" + ")" * 32,
    "open brackets": "(" * 1024,
    "signs": "-" * 64 + "x",
    "signs in brackets": "-(" * 32 + "x" + ")" * 32,
    "sums": "+".join(["x"] * 65),
    "powers": "^".join(["x"] * 65),
    "alternatives": " or ".join(["x{a='b'}"] * 65),
    "subqueries": "max_over_time(" * 30 + "x" + "[1m:1s])" * 30,
    "a pattern that grows": 'x{a=~"a{1000}{1000}{1000}"}',
    "many patterns that grow": "x{" + ",".join(['a=~"(\\\\w{99}){9}"'] * 40) + "}",
    "matchers": "x{" + ",".join(["a='b'"] * 160) + "}",
    "labels": "sum by (" + ",".join(["a"] * 500) + ") (x)",
    "quotes": "\"'" * 512,
    "escapes": '\\"' * 512,
    "one word": "x" * 1024,
    "offsets": "x" + " offset 1m" * 100,
    "dots": "1" + "." * 1023,
}


def cost_of(query: str) -> float:
    """Return the seconds of CPU that a query takes, by several texts of it: one that was seen is remembered."""

    def ask(spaces: int) -> None:
        with suppress(QueryInvalid):
            substitute(query[: 1024 - spaces] + " " * spaces, VALUES)

    return least_cpu(ask)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_query_takes_much_longer_than_a_sum_as_long(name: str) -> None:
    """Taken apart on the event loop, so that what grows faster than the text has no place."""
    assert len(HOSTILE[name]) <= 1024
    assert cost_of(HOSTILE[name]) < 20 * cost_of(" + ".join(['x{a="b"}'] * 60))


def test_what_an_author_writes_is_bounded_more_closely_than_what_is_asked() -> None:
    with pytest.raises(QueryInvalid, match="1025 characters long, 1024 are allowed"):
        substitute("x" * 1025, VALUES)
    long = ",".join(f'a{index}="$(namespace)"' for index in range(40))
    assert len(substitute(f"x{{{long}}}", VALUES | {"namespace": "n" * 63})) > 1024


def test_a_panic_of_the_parser_is_the_querys_own_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no Exception. Nothing that is let through is known to cause one, so it's caused with the parser alone."""
    panics = promql_parser.parse
    with pytest.raises(BaseException, match="cannot convert float seconds") as panic:
        panics("x[1e400]")
    assert not isinstance(panic.value, Exception)
    monkeypatch.setattr(promql_parser, "parse", lambda _: panics("x[1e400]"))
    with pytest.raises(QueryInvalid, match="can't be parsed \\(PanicException\\)"):
        parse_query("panics")


@pytest.mark.parametrize("ends", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_process_still_does(monkeypatch: pytest.MonkeyPatch, ends: type[BaseException]) -> None:
    def end(_: str) -> None:
        raise ends

    monkeypatch.setattr(promql_parser, "parse", end)
    with pytest.raises(ends):
        parse_query(f"ends_{ends.__name__}")


def test_a_refusal_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(QueryInvalid, match="unclosed left"):
        parse_query("sum(remembered")
    monkeypatch.setattr(promql_parser, "parse", None)
    with pytest.raises(QueryInvalid, match="unclosed left"):
        parse_query("sum(remembered")


@pytest.mark.parametrize(
    "query",
    [
        "x[300]",
        "x[ 1h30m : 5m ]",
        "x[5m:]",
        "x offset - 5m",
        "x @ -5",
        "x @ 1700000000.5",
        ".5 + 5. + 0x1F + 1e-5 + Inf",
        "x{a=~'(?i)\\\\d+'} # it's \"fine\"\n",
        "start + offset + {offset='1'}",
        'count_values("a", X AND on() SUM(job:x:rate5m))',
    ],
)
def test_what_is_looked_at_first_says_the_same_as_the_parser(query: str) -> None:
    """Ours lets through what is PromQL; the parser has the last word."""
    check_cost(tokens_of(query))
    promql_parser.parse(query)


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
        ("up{a=`b\\\\`,c=~`\\d`}", "up{a=`b\\\\`,c=~`\\d`}"),
        ("up # one\r\n + x # two", "up # one\r\n + x # two"),
        ('up{a="\\"$(name)"} # $(other)', 'up{a="\\"reviews"} # $(other)'),
        ('label_replace(up, "a", "$1", "b", "(.*)")', 'label_replace(up, "a", "$1", "b", "(.*)")'),
    ],
)
def test_variables_are_filled_in_and_the_rest_is_left(query: str, want: str) -> None:
    assert substitute(query, VALUES) == want


@pytest.mark.parametrize(("query", "message"), [*UNFILLED, ("sum(", "unclosed left parenthesis")])
def test_what_cannot_be_filled_in_is_refused(query: str, message: str) -> None:
    with pytest.raises(QueryInvalid, match=message):
        substitute(query, VALUES)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("label_replace(x, 'a', '$(\x1f\u202e)', 'b', '')", "not in '$( )'"),
        ("x{a=`$(a\nb)`}", "no variable $(a b); there are"),
        ("x{a='$(" + "a" * 900 + ")'}", "no variable $(aaa"),
    ],
)
def test_a_refusal_is_one_short_printable_line(query: str, message: str) -> None:
    with pytest.raises(QueryInvalid) as refused:
        substitute(query, VALUES)
    assert message in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) <= 300


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
        ("a pattern", "x{b='c',a=~'.+'}", """time() - max(max_over_time(timestamp(x{a=~'.+',b="c"})[10m:5s]))"""),
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


@pytest.mark.parametrize(
    ("query", "fallback"),
    [
        (ACCURACY, ""),
        ("1 + 1", ""),
        ("x or vector(0)", "vector(0)"),
        ("vector(0) or x", "vector(0)"),
        ("sum(x) or on () vector(1)", "vector(1)"),
        ("sum(rate(x[5m]) or vector(0)) / sum(y)", "vector(0)"),
        ("(x or (vector(1) * 0))", "(vector(1) * 0)"),
        ("x or absent(y) * 0", "absent(y) * 0"),
        ("1 - absent(x{a=~'b.+'})", 'absent(x{a=~"b.+"})'),
        ("absent_over_time(x[5m])", "absent_over_time(x[5m])"),
        ("x or y", ""),
        ("x or y * 0", ""),
        ("x unless absent(y)", ""),
        ("x and on() (y or vector(1))", "vector(1)"),
    ],
)
def test_a_fallback_hides_that_series_are_missing(query: str, fallback: str) -> None:
    assert parse_query(query).fallback.replace("'", '"') == fallback


def test_the_words_of_a_shared_query_are_found_once_and_those_of_filled_ones_are_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    divided = list[str]()

    def noted(query: str) -> tuple[Token, ...]:
        divided.append(query)
        return tokens_of(query)

    monkeypatch.setattr(promql, "tokens_of", noted)
    shared = 'sum(rate(correct_total{monitor="$(name)",fleet="shared"}[5m]))'
    kept = promql._tokens.cache_info().currsize
    filled = [substitute(shared, {"name": f"m{number}"}) for number in range(50)]
    assert divided.count(shared) == 1
    assert [divided.count(query) for query in filled] == [1] * 50
    assert promql._tokens.cache_info().currsize <= kept + 1
