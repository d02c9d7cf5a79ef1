"""A query's selectors, and what surrounds each of them. Pure; beside `promql`, the only reader of promql_parser.

The tree is descended by hand: the parser's own `walk` takes cubic time (8 s for 400 nested calls). How deep it can be
is bounded by what `tokens` lets through.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto

import promql_parser as p

from refit_operator.prometheus.rules.tokens import QueryInvalid

_NONE = timedelta()


class Need(Enum):
    """What it means when a selector finds nothing."""

    REQUIRED = auto()  # the query's value can't be believed
    ALTERNATIVE = auto()  # one side of an `or`: the other side is enough
    IGNORED = auto()  # right of `unless` or in `absent`: finding nothing is the normal case


@dataclass(frozen=True)
class Scope:
    """What the nodes around an expression do to the time it is evaluated at."""

    range: timedelta = _NONE  # ranges of the subqueries around it, added up
    offset: timedelta = _NONE
    pinned: bool = False  # at one fixed time, by `@`
    need: Need = Need.REQUIRED


_PLAIN = Scope()


@dataclass(frozen=True)
class Selector:
    """One series selector of a query: `text` has its own offset in it, `scope.offset` is that of the subqueries."""

    text: str
    own_offset: timedelta
    scope: Scope
    equals: frozenset[tuple[str, str]] = frozenset()
    """The labels that it matches by `=`, with their values."""

    @property
    def offset(self) -> timedelta:
        """How far before the query's time the newest sample is selected."""
        return self.own_offset + self.scope.offset


def selectors_of(expr: p.Expr, scope: Scope = _PLAIN) -> Iterator[Selector]:
    """Give every selector under the expression in the order of the text; raises QueryInvalid."""
    if isinstance(expr, p.VectorSelector):
        yield _selector(expr, scope)
    for child, inner in children_of(expr, scope):
        yield from selectors_of(child, inner)


def _selector(expr: p.VectorSelector, scope: Scope) -> Selector:
    if expr.matchers.or_matchers:
        raise QueryInvalid("`or` between label matchers isn't PromQL")
    moved = _moved(scope, expr.at, expr.offset)
    own = expr.offset or _NONE
    equals = frozenset((m.name, m.value) for m in expr.matchers.matchers if m.op == p.MatchOp.Equal)
    return Selector(expr.prettify(), own, replace(scope, pinned=moved.pinned), equals)


def _moved(scope: Scope, at: p.AtModifier | None, offset: timedelta | None) -> Scope:
    """Apply `@` and `offset`; refuse those that give one moment another value when it's read again."""
    if at is not None and at.type != p.AtModifierType.At:
        raise QueryInvalid("`@ start()` and `@ end()` depend on the window read, so no reading could be repeated")
    if offset is not None and offset < _NONE:
        raise QueryInvalid("a negative offset reads the future, so no reading could be repeated")
    return replace(scope, offset=scope.offset + (offset or _NONE), pinned=scope.pinned or at is not None)


def children_of(expr: p.Expr, scope: Scope = _PLAIN) -> tuple[tuple[p.Expr, Scope], ...]:
    """Give the expressions right under one, each with its scope; raises QueryInvalid."""
    match expr:
        case p.MatrixSelector():
            return ((expr.vector_selector, replace(scope, range=scope.range + expr.range)),)
        case p.SubqueryExpr():
            moved = _moved(scope, expr.at, expr.offset)
            return ((expr.expr, replace(moved, range=scope.range + (expr.range or _NONE))),)
        case p.BinaryExpr():
            left, right = _sides(str(expr.op), scope)
            return ((expr.lhs, left), (expr.rhs, right))
        case p.Call():
            inner = _ignored(scope) if expr.func.name.startswith("absent") else scope
            return tuple((argument, inner) for argument in expr.args)
        case p.AggregateExpr():
            parameter = ((expr.param, scope),) if isinstance(expr.param, p.Expr) else ()
            return (*parameter, (expr.expr, scope))
        case p.ParenExpr() | p.UnaryExpr():
            return ((expr.expr, scope),)
        case _:
            return ()


def _sides(operator: str, scope: Scope) -> tuple[Scope, Scope]:
    if operator == "or" and scope.need is Need.REQUIRED:
        alternative = replace(scope, need=Need.ALTERNATIVE)
        return alternative, alternative
    return scope, _ignored(scope) if operator == "unless" else scope


def _ignored(scope: Scope) -> Scope:
    return replace(scope, need=Need.IGNORED)
