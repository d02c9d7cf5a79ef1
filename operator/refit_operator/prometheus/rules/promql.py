"""Queries as text: what they may say, how far back they read, and their variables. Pure.

`parse_query` refuses what could never give one repeatable number. Whether a query names series that exist, and
whether its types fit, is for Prometheus to say.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache

import promql_parser as p

from refit_operator.prometheus.rules.absence import fallback_in
from refit_operator.prometheus.rules.groupwise import is_groupwise, shared_labels
from refit_operator.prometheus.rules.selectors import Selector, selectors_of
from refit_operator.prometheus.rules.staleness import build_freshness_query
from refit_operator.prometheus.rules.tokens import MAX_FILLED, MAX_LENGTH, QueryInvalid, Token, check_cost, tokens_of

__all__ = [
    "ParsedQuery",
    "QueryInvalid",
    "freshness_query",
    "longest_range",
    "parse_query",
    "substitute",
    "variables_of",
]

VARIABLES = ("name", "namespace", "target", "digest")
MAX_REACH = timedelta(days=3660)
"""How far back a query may read. With that, all times of a window are times that there are."""

_VARIABLE = re.compile(r"\$\(([^()]*)\)")


@dataclass(frozen=True)
class ParsedQuery:
    """A query that can be a metric's. Times count only what moves with the reading, not what `@` pins."""

    text: str
    selectors: tuple[Selector, ...]
    fallback: str = ""
    """The part that has a value where series are missing, and so hides that they are."""
    is_scalar: bool = False
    """Whether it gives a number without labels, and no series."""
    groups: frozenset[str] | None = None
    """The labels in all selectors by which its aggregations may have groups; None where they may have none."""

    @property
    def longest_range(self) -> timedelta:
        """The longest range, nested ones added up; readings closer together than this aren't independent."""
        return max((s.scope.range for s in self.selectors if not s.scope.pinned), default=timedelta())

    @property
    def reach(self) -> timedelta:
        """How far before its own time a reading reads, offsets included; at least `longest_range`."""
        return max((s.scope.range + s.offset for s in self.selectors if not s.scope.pinned), default=timedelta())


def parse_query(query: str) -> ParsedQuery:
    """Parse a query; raises QueryInvalid with the parser's message, or ours."""
    parsed = _parse(query)
    if isinstance(parsed, str):
        raise QueryInvalid(parsed)
    return parsed


@lru_cache(maxsize=1024)
def _parse(query: str) -> ParsedQuery | str:
    """Parse, or say why not: refusals are remembered too, since they can be the slowest to find.

    A panic of the parser is no Exception. Like all else that it may raise, it is trouble of this query alone.
    """
    try:
        return _checked(query)
    except ValueError as error:
        return str(error)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        return f"the query can't be parsed ({type(error).__name__})"


def _checked(query: str) -> ParsedQuery:
    if len(query) > MAX_FILLED:
        raise QueryInvalid(
            f"with its variables' values the query is {len(query)} characters long, {MAX_FILLED} are allowed"
        )
    tokens = tokens_of(query)
    check_cost(tokens)
    expr = p.parse("".join(_plain(token, index) for index, token in enumerate(tokens)))
    selectors = tuple(replace(s, text=_with_patterns(s.text, tokens)) for s in selectors_of(expr))
    fallback = fallback_in(expr)
    hidden = _with_patterns(fallback.prettify(), tokens) if fallback else ""
    groups = shared_labels(expr) if is_groupwise(expr) else None
    parsed = ParsedQuery(query, selectors, hidden, _is_scalar(expr), groups)
    while isinstance(expr, p.ParenExpr):
        expr = expr.expr
    if isinstance(expr, p.MatrixSelector | p.SubqueryExpr):
        raise QueryInvalid("the query gives a range of values, and one number is needed; apply a function to it")
    if isinstance(expr, p.StringLiteral):
        raise QueryInvalid("the query gives a string, and one number is needed")
    if parsed.reach > MAX_REACH:
        raise QueryInvalid(f"the query reads {parsed.reach.days} days back, {MAX_REACH.days} are allowed")
    return parsed


def _is_scalar(expr: p.Expr) -> bool:
    match expr:
        case p.NumberLiteral():
            return True
        case p.ParenExpr() | p.UnaryExpr():
            return _is_scalar(expr.expr)
        case p.BinaryExpr():
            return _is_scalar(expr.lhs) and _is_scalar(expr.rhs)
        case p.Call():
            return bool(expr.func.return_type == p.ValueType.Scalar)
        case _:
            return False


def _plain(token: Token, index: int) -> str:
    r"""Return what the parser is given for a token.

    No comment. No regular expression: it would compile it, at length, with another engine than Prometheus; a number
    stands for it. And no backquotes, between which it refuses a raw `\.`, and Prometheus doesn't.
    """
    if token.kind == "space":
        return " "
    return f'"{index}"' if token.matcher.endswith("~") else _quoted(token.text)


def _quoted(text: str) -> str:
    return '"' + _escape(text[1:-1], '"', is_regex=False) + '"' if text.startswith("`") else text


def _with_patterns(text: str, tokens: tuple[Token, ...]) -> str:
    """Put the regular expressions back into a part of the query."""
    return "".join(
        _quoted(tokens[int(token.text[1:-1])].text) if token.matcher.endswith("~") else token.text
        for token in tokens_of(text)
    )


def longest_range(query: str) -> timedelta:
    """Give the longest range in the query, nested ones added up; zero if there is none. Raises QueryInvalid."""
    return parse_query(query).longest_range


def freshness_query(query: str, max_age: timedelta = timedelta(minutes=2)) -> str:
    """Ask how many seconds old the newest sample behind the query's value is; raises QueryInvalid."""
    return build_freshness_query(parse_query(query).selectors, max_age)


def variables_of(query: str) -> frozenset[str]:
    """Name the variables in the query's label values; none where it is no query."""
    try:
        literals = [token.text for token in _tokens(query) if token.kind == "string"]
    except QueryInvalid:
        return frozenset()
    return frozenset(name for literal in literals for name in _VARIABLE.findall(literal))


def substitute(query: str, variables: dict[str, str]) -> str:
    """Put values in the place of `$(name)`, `$(namespace)`, `$(target)` and `$(digest)` in label values.

    The text is otherwise left as its author wrote it. A value is always taken literally: it can't end its string,
    and in `=~` and `!~` it is no regular expression. Raises QueryInvalid, also if the result doesn't parse.
    """
    filled = "".join(_fill(token, variables) for token in _tokens(query))
    return parse_query(filled).text


@lru_cache(maxsize=128)
def _tokens(query: str) -> tuple[Token, ...]:
    """Return the tokens of a query as it was written, which a fleet's monitors share: with values it is each one's."""
    if len(query) > MAX_LENGTH:
        raise QueryInvalid(f"the query is {len(query)} characters long, {MAX_LENGTH} are allowed")
    return tokens_of(query)


def _fill(token: Token, variables: dict[str, str]) -> str:
    if token.kind != "string" or not _VARIABLE.search(token.text):
        return token.text
    if not token.matcher:
        raise QueryInvalid(f"variables may stand only in label values, not in {token.text}")
    is_regex = token.matcher.endswith("~")
    return _VARIABLE.sub(lambda v: _escape(_look_up(v.group(1), variables), token.text[0], is_regex), token.text)


def _look_up(name: str, variables: dict[str, str]) -> str:
    if name not in VARIABLES:
        raise QueryInvalid(f"there is no variable $({name}); there are {', '.join(VARIABLES)}")
    if name not in variables:
        raise QueryInvalid(f"$({name}) has no value here")
    return variables[name]


def _escape(value: str, quote: str, is_regex: bool) -> str:
    if is_regex:
        value = re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", value)
    if quote == "`":
        if "`" in value:
            raise QueryInvalid("a value with a backquote can't stand between backquotes")
        return value
    return value.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", "\\n")
