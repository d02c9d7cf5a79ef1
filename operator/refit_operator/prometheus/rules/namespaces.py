"""Whose series a query reads: where the administrator names a label, each selector must match its own namespace. Pure.

A query is refused rather than rewritten. What is sent stays what its author wrote, and no second parser's rendering of
it stands between the two: a matcher that is put in by one parser and read by another may be read as something else.
"""

from itertools import pairwise

from refit_operator.prometheus.rules.promql import parse_query
from refit_operator.prometheus.rules.tokens import tokens_of

SETTING = "REFIT_PROMETHEUS_NAMESPACE_LABEL"
_READS_MORE = "info"
"""A function that looks series up by itself, whatever its arguments select."""


def namespace_objection(query: str, label: str, namespace: str) -> str:
    """Return what makes the query, its variables filled in, read more than a namespace; empty where nothing does.

    With no label every query is fine. Raises QueryInvalid.
    """
    if not label:
        return ""
    if _calls(query, _READS_MORE):
        return f"{_READS_MORE}() isn't allowed here: it reads series of every namespace (see {SETTING} of the operator)"
    for selector in parse_query(query).selectors:
        if (label, namespace) not in selector.equals:
            needed = f'{label}="{namespace}", or {label}="$(namespace)"'
            return f"each selector must have {needed} (see {SETTING} of the operator); this one hasn't: {selector.text}"
    return ""


def _calls(query: str, name: str) -> bool:
    words = [token.text for token in tokens_of(query) if token.kind != "space"]
    return any(pair == (name, "(") for pair in pairwise(words))
