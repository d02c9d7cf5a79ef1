"""A query as tokens, and what it may cost to parse: one look from left to right, before the parser sees it. Pure.

The parser takes more than quadratic time, compiles regular expressions, and panics over times out of its range. So what
it is given has few operators, is nested little, and its times have few digits.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from refit_operator.prometheus.rules.sentences import one_line

MAX_LENGTH = 1024
MAX_FILLED = 8 * MAX_LENGTH
"""Characters with the variables' values in their places."""
MAX_TOKENS = 512
MAX_OPERATORS = 64
MAX_DEPTH = 32
_QUOTED = 60

_DURATION = r"(?:[0-9]{1,6}(?:ms|[smhdwy])){1,8}"
_TIME = re.compile(rf"{_DURATION}|(?=0*[1-9])[0-9]{{1,6}}")  # of zero the parser makes 0s, which nobody takes
_RANGE = re.compile(rf"\[\s*(?:{_TIME.pattern})\s*(?::\s*(?:{_TIME.pattern})?\s*)?\]")
_NUMBER = re.compile(
    rf"{_DURATION}|0[xX][0-9A-Fa-f]{{1,15}}|(?:[0-9]{{1,20}}\.?[0-9]{{0,20}}|\.[0-9]{{1,20}})(?:[eE][+-]?[0-9]{{1,2}})?"
)
_MOMENT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,3})?")

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+|\#[^\r\n]*(?=\r?\n|\Z))
    |(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[^`]|[^`\\])*`)
    |(?P<range>\[[^][]*\])
    |(?P<number>\.?[0-9](?:[eE][+-][0-9]|[0-9A-Za-z_.])*)
    |(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)
    |(?P<symbol>=~|!~|!=|==|<=|>=|[-+*/%^=<>@(){},])""",
    re.VERBOSE,
)
_MATCHERS = ("=", "!=", "=~", "!~")
_OPERATORS = frozenset(["+", "-", "*", "/", "%", "^", "==", "!=", "<=", ">=", "<", ">", "and", "or", "unless", "atan2"])


class QueryInvalid(ValueError):
    """The query can't be a metric's; the message is for whoever wrote it."""

    def __init__(self, text: str) -> None:
        super().__init__(one_line(text))


@dataclass(frozen=True)
class Token:
    """A piece of a query: its text, what it is, and how deep in braces it stands."""

    kind: str
    text: str
    in_braces: bool = False
    matcher: str = ""
    """Of a string that is a label's value: the operator before it."""


def tokens_of(query: str) -> tuple[Token, ...]:
    """Return the tokens of the text, spaces and comments among them; raises QueryInvalid."""
    found: list[Token] = []
    braces, before = 0, ""
    for kind, text in _scan(query):
        braces += (text == "{") - (text == "}")
        matcher = before if kind == "string" and before in _MATCHERS and braces > 0 else ""
        found.append(Token(kind, text, braces > 0, matcher))
        before = before if kind == "space" else text
        if len(found) > MAX_TOKENS:
            raise QueryInvalid(f"the query has more than {MAX_TOKENS} words and signs")
    return tuple(found)


def _scan(query: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(query):
        found = _TOKEN.match(query, position)
        if found is None or found.lastgroup is None:
            raise QueryInvalid(_unexpected(query, position))
        yield found.lastgroup, found.group()
        position = found.end()


def _unexpected(query: str, position: int) -> str:
    character = query[position]
    if character == "`" and "`" in query[position + 1 :]:
        return f"a backslash before the backquote that ends the string at character {position}: use quotes instead"
    if character in "\"'`":
        return f"unterminated string at character {position}"
    if character == "[":
        return f"unclosed [ at character {position}"
    if character == "#":
        return f"the comment at character {position} has a carriage return in it, which ends it for some servers only"
    return f"unexpected character {character!r} at {position}"


def check_cost(tokens: Iterable[Token]) -> None:
    """Raise QueryInvalid for what could take the parser long, or end it."""
    words = [token for token in tokens if token.kind != "space"]
    operators = sum(not token.in_braces and token.text.lower() in _OPERATORS for token in words)
    if operators > MAX_OPERATORS:
        raise QueryInvalid(f"the query has {operators} operators, {MAX_OPERATORS} are allowed")
    _check_depth(words)
    _check_times(words)


def _check_depth(words: Iterable[Token]) -> None:
    depth = 0
    for token in words:
        depth += (token.text in ("(", "{")) - (token.text in (")", "}"))
        if depth > MAX_DEPTH:
            raise QueryInvalid(f"the query is nested more than {MAX_DEPTH} deep")


def _check_times(words: Iterable[Token]) -> None:
    before = ""
    for token in words:
        form, what = _form_of(token, before)
        if form and not form.fullmatch(token.text):
            raise QueryInvalid(f"{token.text[:_QUOTED]!r} isn't {what}")
        before = before if token.text in ("-", "+") else token.text.lower()


def _form_of(token: Token, before: str) -> tuple[re.Pattern[str] | None, str]:
    if token.kind == "range":
        return _RANGE, "a range such as [5m] or [1h:5m], of at most six digits a unit"
    if token.kind != "number":
        return None, ""
    if before == "offset":
        return _TIME, "a duration such as 1h30m, of at most six digits a unit"
    if before == "@":
        return _MOMENT, "a time in seconds since 1970, of at most twelve digits"
    return _NUMBER, "a number or a duration"
