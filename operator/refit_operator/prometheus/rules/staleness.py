"""How old is what stands behind a value? Pure: builds the query that asks.

A value always bears the time of its query: a rate over ten minutes goes on answering for ten minutes after its
target is gone, and `timestamp(rate(…))` is always now. So the age is asked of the query's own selectors:

    time() - max(max_over_time(timestamp(x)[10m:5s]))

- The subquery reaches back five times `max_age`: further back all is stale, and nothing found is stale too. Its step
  is a 24th of `max_age`, and the age is too high by at most one step.
- A selector with an offset is judged at the moment that it selects, so `x offset 1d` is fresh if x was fresh a day ago.
  One that `@` pins to a fixed moment doesn't age and isn't asked for.
- Of several selectors the oldest counts, and one that finds nothing makes the whole answer empty: accuracy is a
  quotient, and one live half doesn't make it true. Those under an `or` are alternatives: they are asked only if the
  query has no others, and then the newest counts. Those in `absent` or right of `unless` are never asked.
"""

from collections.abc import Iterable
from datetime import timedelta

import promql_parser as p

from refit_operator.prometheus.rules.selectors import Need, Selector

_ALWAYS_FRESH = "vector(0)"


def build_freshness_query(selectors: Iterable[Selector], max_age: timedelta) -> str:
    """Build the query for the age in seconds; one without selectors to ask is always fresh."""
    moving = [selector for selector in selectors if not selector.scope.pinned]
    for need, fold in ((Need.REQUIRED, _oldest_of_all), (Need.ALTERNATIVE, _newest_of_any)):
        asked = [selector for selector in moving if selector.scope.need is need]
        if asked:
            return fold(list(dict.fromkeys(_age(selector, max_age) for selector in asked)))
    return _ALWAYS_FRESH


def _age(selector: Selector, max_age: timedelta) -> str:
    step = max(timedelta(seconds=1), timedelta(seconds=max_age // timedelta(seconds=24)))
    window = f"[{_duration(5 * max_age)}:{_duration(step)}]"
    outer = f" offset {_duration(selector.scope.offset)}" if selector.scope.offset else ""
    shift = f" - {selector.offset.total_seconds():g}" if selector.offset else ""
    return f"time(){shift} - max(max_over_time(timestamp({selector.text}){window}{outer}))"


def _duration(value: timedelta) -> str:
    return p.display_duration(max(value, timedelta(seconds=1)))


def _oldest_of_all(ages: list[str]) -> str:
    if len(ages) == 1:
        return ages[0]
    union = _union(ages)
    return f"max({union}) and count({union}) == {len(ages)}"


def _newest_of_any(ages: list[str]) -> str:
    return ages[0] if len(ages) == 1 else f"min({_union(ages)})"


def _union(ages: list[str]) -> str:
    """Put the ages side by side; without a label of its own each, `or` would keep only the first."""
    return " or ".join(f'label_replace({age}, "selector", "{index}", "", "")' for index, age in enumerate(ages))
