"""Queries that parse and most likely don't say what is meant: each check is one mistake. Pure."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from refit_cli.lint.findings import Finding, error, warning
from refit_cli.lint.queries import queries, selectors, variables_of
from refit_operator.api.durations import format_duration
from refit_operator.api.monitor import ModelMonitor
from refit_operator.prometheus.rules.promql import ParsedQuery, parse_query, substitute
from refit_operator.prometheus.rules.tokens import Token, tokens_of

SHORT_RANGE = timedelta(minutes=1)
"""Four scrape intervals of 15 s: of fewer samples an increase is a guess."""
AGGREGATIONS = frozenset(["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar", "quantile", "scalar"])
GROUPING = frozenset(["by", "without"])
OF_COUNTERS = frozenset(["rate", "increase", "irate", "resets", "changes", "absent", "present_over_time", "timestamp"])


def _filled(monitor: ModelMonitor) -> Iterator[tuple[str, str, ParsedQuery]]:
    """Yield field, text and query of what a user wrote whole; selectors are no queries by themselves."""
    for field, text in queries(monitor):
        filled = substitute(text, variables_of(monitor))
        yield field, filled, parse_query(filled)


def _words(text: str) -> list[Token]:
    return [token for token in tokens_of(text) if token.kind != "space" and not token.in_braces]


def _path(field: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in field.split("."))


def absence_hidden(m: ModelMonitor) -> Iterator[Finding]:
    """A query has a value where its series are missing, as by `or vector(0)`."""
    for field, _, query in _filled(m):
        if query.fallback:
            message = (
                f"where the series are missing, {query.fallback} has a value: a broken exporter then looks like a "
                "model that got worse, or that is fine; leave it out, and such a reading holds (NoData)"
            )
            yield warning("absence-hidden", _path(field), message)


def constant(m: ModelMonitor) -> Iterator[Finding]:
    """A query reads no series."""
    for field, _, query in _filled(m):
        if not query.selectors:
            yield error("constant", _path(field), "reads no series: its value is always the same")


def several_series(m: ModelMonitor) -> Iterator[Finding]:
    """A query may have more than one series as its answer, which is no reading (MultipleSeries)."""
    for field, text, query in _filled(m):
        names = {token.text for token in _words(text)}
        if query.selectors and not names & AGGREGATIONS:
            yield warning(
                "several-series", _path(field), "one series is needed: put sum(…), min(…) or max(…) around it"
            )
        elif _is_grouped(_words(text)):
            message = "groups at its top have a series each, and one is needed: leave by (…) or without (…) out"
            yield warning("several-series", _path(field), message)


def _is_grouped(words: list[Token]) -> bool:
    """Return whether an aggregation that nothing surrounds has groups."""
    depth, before = 0, ""
    for token in words:
        if depth == 0 and token.text in GROUPING and before in AGGREGATIONS | {")"}:
            return True
        depth += (token.text == "(") - (token.text == ")")
        before = token.text
    return False


def counter_without_rate(m: ModelMonitor) -> Iterator[Finding]:
    """A counter is taken as it is: over a process's whole life, so that a change hardly shows."""
    for field, text, query in _filled(m):
        counters = [s.text.partition("{")[0] for s in query.selectors if s.text.partition("{")[0].endswith("_total")]
        if counters and not {token.text for token in _words(text)} & OF_COUNTERS:
            message = f"{counters[0]} counts since its process started: use increase(…[10m]) or rate(…[10m])"
            yield warning("counter-without-rate", _path(field), message)


def range_too_short(m: ModelMonitor) -> Iterator[Finding]:
    """There are too few samples in a range."""
    for field, _, query in _filled(m):
        if timedelta() < query.longest_range < SHORT_RANGE:
            message = f"[{format_duration(query.longest_range)}] is most likely less than four scrape intervals"
            yield warning("range-too-short", _path(field), message)
    window = m.spec.metric.window
    if window is not None and window < SHORT_RANGE:
        message = f"{format_duration(window)} is most likely less than four scrape intervals"
        yield warning("range-too-short", "spec.metric.window", message)


def ratio_of_itself(m: ModelMonitor) -> Iterator[Finding]:
    """Good and total are one counter."""
    ratio = m.spec.metric.ratio
    if ratio and "".join(ratio.good.split()) == "".join(ratio.total.split()):
        yield error("ratio-of-itself", "spec.metric.ratio.good", "is the same as ratio.total: the ratio is always 1")


def ratio_of_others(m: ModelMonitor) -> Iterator[Finding]:
    """Good and total are counted of different things."""
    found = [
        dict(parse_query(substitute(text, variables_of(m))).selectors[0].equals) for _, text in selectors(m.spec.metric)
    ]
    for name in sorted(set(found[0]) & set(found[1])) if found else ():
        if found[0][name] != found[1][name] and name != "__name__":
            message = f'{name}="{found[0][name]}", and in ratio.total {name}="{found[1][name]}": different predictions'
            yield warning("ratio-of-others", "spec.metric.ratio.good", message)


def other_namespace(m: ModelMonitor) -> Iterator[Finding]:
    """A query reads another namespace than the monitor's, as after a copy of the file."""
    if not m.metadata.namespace:
        return
    for field, text in (*selectors(m.spec.metric), *queries(m)):
        named = {
            v for s in parse_query(substitute(text, variables_of(m))).selectors for k, v in s.equals if k == "namespace"
        }
        if named and m.metadata.namespace not in named:
            message = f'reads namespace="{min(named)}", and the monitor is in {m.metadata.namespace}'
            yield warning("other-namespace", _path(field), message + "; $(namespace) stands for its own")


CHECKS: tuple[Callable[[ModelMonitor], Iterator[Finding]], ...] = (
    absence_hidden,
    constant,
    several_series,
    counter_without_rate,
    range_too_short,
    ratio_of_itself,
    ratio_of_others,
    other_namespace,
)
