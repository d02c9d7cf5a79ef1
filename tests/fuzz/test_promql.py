"""Queries of monitors: any text can be asked, with all that is derived from it, or is refused in one sentence."""

import promql_parser
from hypothesis import event, example, given
from hypothesis import strategies as st

from refit_operator.api.metric import MetricSpec
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.prometheus.reader import Reader, Subject, query_error
from refit_operator.prometheus.rules.promql import freshness_query, parse_query
from refit_operator.prometheus.rules.reading import QueryFailed
from refit_operator.prometheus.rules.sentences import LONGEST
from refit_operator.prometheus.servers import Servers
from tests.support.samples import NEW_DIGEST, NOW

VALID = (
    'sum(rate(correct_total{app="a"}[10m])) / sum(rate(judged_total{app="a"}[10m]))',
    "max_over_time(rate(x[5m])[1h:1m] offset 1h) or vector(0)",
    'up{app=~"$(target)-.*",namespace="$(namespace)"} @ 1700000000',
    "quantile(0.9, x{d=`$(digest)`}) unless on(a) absent(y{a!='$(name)'})",
    'label_replace(up, "a", "$1", "b", "(.*)") + 1e-5 * 0x1F',
    "count_values without (b) ('v', x) and ignoring(a) group_left(b) {__name__=\"y\"} # it's\n",
)
PIECES = (
    *("x", "up", "job:x:rate5m", "sum", "rate", "absent", "absent_over_time", "max_over_time", "quantile", "timestamp"),
    *("count_values", "label_replace", "vector", "time", "scalar", "by", "without", "on", "ignoring", "group_left"),
    *("bool", "and", "or", "unless", "atan2", "offset", "start", "end", "inf", "nan", "0x1F", "()", "[]", "{}"),
    *"()[]{},=<>+-*/%^@:#'\"`$\\;!~|&",
)
ODD_NUMBERS = ("1e400", "-1e400", "1e-400", "0x" + "F" * 40, "1_000", "0b1", "\u0661", "1.2.3", "5e")
NUMBERS = st.integers(0, 10**30).map(str) | st.floats().map(str) | st.sampled_from(ODD_NUMBERS)
UNITS = st.sampled_from(["ms", "s", "m", "h", "d", "w", "y", "M"])
TIMES = st.builds("{}{}".format, st.integers(0, 10**7) | st.just("9" * 400), UNITS)
DURATIONS = st.lists(TIMES, max_size=9).map("".join)
VARIABLES = st.sampled_from(["$(name)", "$(namespace)", "$(target)", "$(digest)", "$(pod)", "$()", "$(", "$name"])
ODD = st.text(max_size=10) | st.sampled_from(["a{9}{9}{9}", "(?i)x", "\\d", "\\", "\n", "\0", "\u202e", "$(\t)", "'"])


def made(odd: bool) -> st.SearchStrategy[str]:
    """Return queries of a small grammar: with odd pieces in them, or such that most are sound."""
    names = st.sampled_from(["x", "namespace", "a", *(["__name__", "or", "offset", "by", "é", ""] if odd else ())])
    inside = VARIABLES | ODD if odd else st.sampled_from(["$(namespace)", "$(digest).*", "a|b", "$(target)", "\t", "é"])
    strings = st.builds("{0}{1}{0}".format, st.sampled_from("'\"`"), inside)
    equals = st.sampled_from(["=", "!=", "=~", "!~", " =~ #\n"])
    matchers = st.lists(st.builds("{}{}{}".format, names, equals, strings | names if odd else strings), max_size=4)
    selectors = st.builds("{}{{{}}}".format, names, matchers.map(",".join)) | st.just("x")
    short = st.builds("{}{}".format, st.integers(1, 99), st.sampled_from("smhd"))
    times = DURATIONS | NUMBERS if odd else short
    ranges = st.builds("[{}]".format, times)
    steps = st.builds("[{}:{}]".format, times, times | st.just(""))
    moments = st.builds("@ {}".format, NUMBERS | st.just("start()") if odd else st.sampled_from(["1700000000", "5.5"]))
    moved = st.just("") | st.builds("offset {}{}".format, st.sampled_from(["", "-"] if odd else [""]), times) | moments
    leaves = selectors | st.builds("sum(rate({}{} {}))".format, selectors, ranges, moved)

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return (
            st.builds("{}({})".format, st.sampled_from(["sum", "absent", "timestamp", "-"]), inner)
            | st.builds("max_over_time({}{} {})".format, inner, steps, moved)
            | st.builds("({}) {} ({})".format, inner, st.sampled_from(["+", "^", "and", "or", "unless", "<"]), inner)
            | st.builds("({}) {} on ({}) ({})".format, inner, st.sampled_from("+/<"), names, inner)
            | st.builds("({}) or vector({})".format, inner, NUMBERS if odd else st.just("0"))
            | st.builds("sum by ({}) ({})".format, names, inner)
            | st.builds("label_replace({}, {}, '', 'a', '')".format, inner, strings if odd else st.just("'a'"))
            | st.builds("quantile({}, {}) # {}\n".format, NUMBERS if odd else st.just("0.5"), inner, names)
        )

    return st.recursive(leaves | NUMBERS | strings if odd else leaves, larger, max_leaves=8)


NESTED = st.builds(
    lambda before, inside, after, depth: before * depth + inside + after * depth,
    st.sampled_from(["(", "-", "sum(", "max_over_time(", "x or (", "{", "["]),
    st.sampled_from(["x", "x[5m]", "", "1"]),
    st.sampled_from([")", "", "[1y:1s])", "}", "]"]),
    st.integers(1, 600),
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Return a valid query of which a few pieces are cut, doubled, or replaced."""
    query = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(query)))
        end = draw(st.integers(begin, min(len(query), begin + 5)))
        piece = draw(st.sampled_from(PIECES) | NUMBERS | DURATIONS | VARIABLES | st.text(max_size=3))
        query = query[:begin] + piece + query[end:]
    return query


TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
"""With halves of characters, unlike hypothesis's own."""
WORDS = st.lists(st.sampled_from(PIECES) | TIMES, max_size=40).map(" ".join)
SOUND = made(odd=False)
BOUND = SOUND.map(lambda query: query.replace("{", '{namespace="$(namespace)",'))
QUERIES = st.one_of(SOUND, SOUND, BOUND, BOUND, made(odd=True), mutated(), NESTED, TEXT, WORDS)
READER = Reader(Servers("http://prometheus:9090", (), None))  # type: ignore[arg-type]
"""It asks nobody here."""
SUBJECTS = st.builds(
    Subject,
    st.sampled_from(["shop", "n" * 63]),
    st.sampled_from(["reviews", "a.b", "n" * 253]),
    st.sampled_from(["server", "t" * 253]),
    st.sampled_from(["", NEW_DIGEST]),
)


def check_sentence(text: str) -> None:
    """Check that it can stand in a condition, an Event and a log."""
    assert text
    assert len(text) <= LONGEST
    assert text.isprintable(), text


def matched_by(query: str) -> list[set[tuple[str, str]]]:
    """Return the labels that each selector matches by `=`, as the parser's own walk finds them."""
    found: list[set[tuple[str, str]]] = []

    def visit(expr: promql_parser.Expr) -> bool:
        if isinstance(expr, promql_parser.VectorSelector):
            equal = promql_parser.MatchOp.Equal
            found.append({(m.name, m.value) for m in expr.matchers.matchers if m.op == equal})
        return True

    promql_parser.walk(promql_parser.parse(query), visit)
    return found


@given(QUERIES, SUBJECTS)
@example("rate(x[1e400])", Subject("shop", "reviews", "server"))
def test_a_query_can_be_asked_or_is_refused_in_a_sentence(query: str, subject: Subject) -> None:
    error = query_error(query)
    event("refused" if error else "asked")
    if error:
        check_sentence(error)
        return
    grid = READER.grid_of(PrometheusSpec(), MetricSpec(query=query, threshold=0.5))
    assert len(set(grid.points(NOW, 50))) == 50
    assert grid.next_reading(NOW) > NOW
    filled = subject.fill(query, NOW)
    if isinstance(filled, QueryFailed):
        check_sentence(filled.message)
        return
    if "~" not in filled and not query_error(query, "namespace", subject.namespace):
        event("of one namespace")
        assert all(("namespace", subject.namespace) in matched for matched in matched_by(filled))
    for derived in (parse_query(filled).fallback or "x", freshness_query(filled)):
        promql_parser.parse(derived.replace("=~", "=").replace("!~", "!="))  # it has its own idea of patterns
