"""Does a query have a value where its series are missing? Pure.

`x or vector(0)` gives 0 when x is gone, so that a broken exporter looks like a bad model. The operator can't tell the
two apart; whoever wrote the query can.
"""

import promql_parser as p

from refit_operator.prometheus.rules.selectors import Need, children_of, selectors_of


def fallback_in(expr: p.Expr) -> p.Expr | None:
    """Return the part of the query that has a value where series are missing, None where there is none."""
    if isinstance(expr, p.Call) and expr.func.name.startswith("absent"):
        return expr
    if isinstance(expr, p.BinaryExpr) and str(expr.op) == "or":
        for side in (expr.rhs, expr.lhs):
            if not _rests_on_series(side):
                return side
    parts = (fallback_in(child) for child, scope in children_of(expr) if scope.need is not Need.IGNORED)
    return next((part for part in parts if part is not None), None)


def _rests_on_series(expr: p.Expr) -> bool:
    return any(selector.scope.need is not Need.IGNORED for selector in selectors_of(expr))
