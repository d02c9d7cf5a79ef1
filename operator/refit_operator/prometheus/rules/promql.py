"""Queries as text: what they may say, how far back they read, and their variables. Pure.

`parse_query` refuses what could never give one repeatable number. Whether a query names series that exist, and
whether its types fit, is for Prometheus to say.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import promql_parser as p

from refit_operator.prometheus.rules.selectors import QueryInvalid, Selector, selectors_of
from refit_operator.prometheus.rules.staleness import build_freshness_query

__all__ = [
    "ParsedQuery",
    "QueryInvalid",
    "freshness_query",
    "longest_range",
    "parse_query",
    "substitute",
    "variables_of",
]

# The parser takes quadratic time, and some ten thousand nested brackets overflow its stack, which ends the process.
MAX_LENGTH = 4096
VARIABLES = ("name", "namespace", "target", "digest")

_LITERAL = re.compile(r"""#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""")
_VARIABLE = re.compile(r"\$\(([^()]*)\)")
_MATCHES = re.compile(r"(=~|!~|!=|=)\s*\Z")


@dataclass(frozen=True)
class ParsedQuery:
    """A query that can be a metric's. Times count only what moves with the reading, not what `@` pins."""

    text: str
    selectors: tuple[Selector, ...]

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


@lru_cache(maxsize=4096)
def _parse(query: str) -> ParsedQuery | str:
    """Parse, or say why not: refusals are remembered too, since they can be the slowest to find."""
    if len(query) > MAX_LENGTH:
        return f"the query is {len(query)} characters long, {MAX_LENGTH} are allowed"
    try:
        expr = p.parse(_LITERAL.sub(_quote, query))
        selectors = tuple(selectors_of(expr))
    except ValueError as error:
        return str(error)
    while isinstance(expr, p.ParenExpr):
        expr = expr.expr
    if isinstance(expr, p.MatrixSelector | p.SubqueryExpr):
        return "the query gives a range of values, and one number is needed; apply a function to it"
    if isinstance(expr, p.StringLiteral):
        return "the query gives a string, and one number is needed"
    return ParsedQuery(query, selectors)


def _quote(found: re.Match[str]) -> str:
    r"""Write a literal between backquotes with double quotes: the parser refuses a raw `\.`, Prometheus doesn't."""
    literal = found.group()
    return '"' + _escape(literal[1:-1], '"', is_regex=False) + '"' if literal.startswith("`") else literal


def longest_range(query: str) -> timedelta:
    """Give the longest range in the query, nested ones added up; zero if there is none. Raises QueryInvalid."""
    return parse_query(query).longest_range


def freshness_query(query: str, max_age: timedelta = timedelta(minutes=2)) -> str:
    """Ask how many seconds old the newest sample behind the query's value is; raises QueryInvalid."""
    return build_freshness_query(parse_query(query).selectors, max_age)


def variables_of(query: str) -> frozenset[str]:
    """Name the variables in the query's label values."""
    literals = (literal for literal in _LITERAL.findall(query) if not literal.startswith("#"))
    return frozenset(name for literal in literals for name in _VARIABLE.findall(literal))


def substitute(query: str, variables: dict[str, str]) -> str:
    """Put values in the place of `$(name)`, `$(namespace)`, `$(target)` and `$(digest)` in label values.

    The text is otherwise left as its author wrote it. A value is always taken literally: it can't end its string,
    and in `=~` and `!~` it is no regular expression. Raises QueryInvalid, also if the result doesn't parse.
    """
    filled = _LITERAL.sub(lambda found: _fill(found, variables), query)
    return parse_query(filled).text


def _fill(found: re.Match[str], variables: dict[str, str]) -> str:
    literal = found.group()
    if literal.startswith("#") or not _VARIABLE.search(literal):
        return literal
    operator = _MATCHES.search(found.string, 0, found.start())
    if operator is None:
        raise QueryInvalid(f"variables may stand only in label values, not in {literal}")
    is_regex = operator.group(1).endswith("~")
    return _VARIABLE.sub(lambda v: _escape(_look_up(v.group(1), variables), literal[0], is_regex), literal)


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
