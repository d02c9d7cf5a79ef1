"""Would a query give each group of series, by a label, what it gives the group alone? Pure.

It does where each of its aggregations takes only functions of single series, and is given `by` that label; what stands
between aggregations then matches group with group. It must have no `by` of its own, and only numbers beside them.
"""

import promql_parser as p

from refit_operator.prometheus.rules.selectors import selectors_of

AGGREGATIONS = frozenset(["sum", "min", "max", "avg", "count", "group", "stddev", "stdvar"])
_OPERATORS = frozenset(["+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">="])
_OF_ONE_SERIES = frozenset(
    [
        *("rate", "increase", "irate", "delta", "idelta", "deriv", "changes", "resets", "abs", "timestamp"),
        *(f"{what}_over_time" for what in ("avg", "min", "max", "sum", "count", "last", "stddev", "stdvar")),
    ]
)
"""Functions with one argument that keep the labels of a series."""


def is_groupwise(expr: p.Expr) -> bool:
    """Return whether the expression is made of aggregations that can be given groups, of numbers, and of arithmetic."""
    match expr:
        case p.ParenExpr() | p.UnaryExpr():
            return is_groupwise(expr.expr)
        case p.BinaryExpr():
            sides = [side for side in (expr.lhs, expr.rhs) if not _is_number(side)]
            plain = expr.modifier is None and str(expr.op) in _OPERATORS
            return plain and bool(sides) and all(map(is_groupwise, sides))
        case p.AggregateExpr():
            plain = expr.modifier is None and expr.param is None and str(expr.op) in AGGREGATIONS
            return plain and _is_of_single_series(expr.expr)
        case _:
            return False


def _is_number(expr: p.Expr) -> bool:
    match expr:
        case p.NumberLiteral():
            return True
        case p.ParenExpr() | p.UnaryExpr():
            return _is_number(expr.expr)
        case p.Call():
            return bool(expr.func.name == "time")
        case _:
            return False


def _is_of_single_series(expr: p.Expr) -> bool:
    match expr:
        case p.VectorSelector() | p.MatrixSelector():
            return True
        case p.ParenExpr() | p.SubqueryExpr():
            return _is_of_single_series(expr.expr)
        case p.Call():
            return expr.func.name in _OF_ONE_SERIES and len(expr.args) == 1 and _is_of_single_series(expr.args[0])
        case _:
            return False


def shared_labels(expr: p.Expr) -> frozenset[str]:
    """Return the labels that every selector matches by `=`."""
    found = [{name for name, _ in selector.equals} for selector in selectors_of(expr)]
    return frozenset.intersection(*map(frozenset, found)) if found else frozenset()
