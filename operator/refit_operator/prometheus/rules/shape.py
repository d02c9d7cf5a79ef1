"""A query's shape: what is left of it without the values that it asks labels to equal. Pure.

Queries of one shape ask the same of different series, and so can be asked together. A value is left in the shape where
it can't be moved: of `__name__`, which functions drop; an empty one, which is also a missing label's; and one written
with escapes other than those of `\\`, quotes and the end of a line.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from refit_operator.prometheus.rules.counting import selector_objection
from refit_operator.prometheus.rules.tokens import QueryInvalid, Token, tokens_of

_FIXED = frozenset(["__name__", "inf", "nan"])
"""Labels whose values stay: the last two can't be named in `by`, where they are numbers."""
_SIMPLE = {quote: re.compile(rf"(?:[^\\{quote}]|\\[\\n{quote}])*") for quote in "\"'"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PATTERN = re.compile(r"[\\.+*?()|\[\]{}^$]")


@dataclass(frozen=True)
class Shape:
    """The texts around the values, and the label of each value: there is one text more than labels."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def fill(self, matchers: tuple[str, ...]) -> str:
        """Return the query with an operator and a value in each place."""
        return "".join(text + matcher for text, matcher in zip_longest(self.texts, matchers, fillvalue=""))

    @property
    def key(self) -> str:
        """The shape as one text; no query has the sign that stands for a value."""
        return self.fill(("=*",) * len(self.labels))


Values = tuple[str, ...]


def take_apart(query: str) -> tuple[Shape, Values]:
    """Return the query's shape and the values that are left out of it; raises QueryInvalid."""
    texts, labels, values = [""], list[str](), list[str]()
    label = ""
    for token in tokens_of(query):
        value = _movable(token, label)
        if value:
            texts[-1] = texts[-1].rstrip("= ")
            texts.append("")
            labels.append(label)
            values.append(value)
        else:
            texts[-1] += _spaced(texts[-1], token)
        if token.kind != "space" and token.text != "=":
            label = token.text if token.kind == "name" and token.in_braces else ""
    return _shape(tuple(texts), tuple(labels)), tuple(values)


@lru_cache(maxsize=1024)
def _shape(texts: tuple[str, ...], labels: tuple[str, ...]) -> Shape:
    """Return the shape, one for all queries that have it."""
    return Shape(texts, labels)


def _movable(token: Token, label: str) -> str:
    if token.matcher != "=" or not label or label.lower() in _FIXED:
        return ""
    quote, body = token.text[0], token.text[1:-1]
    if quote == "`":
        return "" if "\r" in body else body
    if not _SIMPLE[quote].fullmatch(body):
        return ""
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], body) if "\\" in body else body


def _spaced(before: str, token: Token) -> str:
    """Return the token as it follows the text: all space and all comments are one space."""
    if token.kind != "space":
        return token.text
    return "" if not before or before.endswith(" ") else " "


@lru_cache(maxsize=1024)
def shape_of(query: str) -> str:
    """Return the query's shape as a text; the query itself where it has none."""
    try:
        return take_apart(query)[0].key
    except QueryInvalid:
        return query


@lru_cache(maxsize=1024)
def is_selector(shape: Shape) -> bool:
    """Return whether it is one series selector's."""
    return not selector_objection(shape.key)


def equal_to(value: str) -> str:
    """Return the matcher of one value."""
    return f"={_quoted(value)}"


def one_of(values: Iterable[str]) -> str:
    """Return the matcher of any of the values: a regular expression that matches each literally, and nothing else."""
    return "=~" + _quoted("|".join(_PATTERN.sub(r"\\\g<0>", value) for value in values))


def columns_of(rows: Iterable[Values]) -> list[Values]:
    """Return the values that differ in each place of the rows."""
    return [tuple(dict.fromkeys(column)) for column in zip(*rows, strict=True)]


def matchers_of(columns: Iterable[Values]) -> Values:
    """Return for each place the matcher of its values."""
    return tuple(equal_to(column[0]) if len(column) == 1 else one_of(column) for column in columns)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
