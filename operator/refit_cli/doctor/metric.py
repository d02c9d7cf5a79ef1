"""Whether Prometheus answers, asked from this machine, and whether the monitor's query yields one fresh value there."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from refit_cli.cluster import Cluster
from refit_cli.doctor.checks import Examined, fail, ok, skipped, warn
from refit_cli.doctor.rights import Operator
from refit_cli.doctor.servers import OTHERWISE, Named, Way, address_of, ways_named, ways_to
from refit_cli.exits import Failed
from refit_cli.lint.queries import query_findings
from refit_cli.metric import interval_of
from refit_cli.objects import Seen
from refit_cli.prometheus import Get, Refused, ask_range
from refit_cli.simulate.fetch import fetch_at, filled, read
from refit_operator.api.durations import format_duration
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.uris import parse_pointer
from refit_operator.prometheus.rules.promql import ParsedQuery, freshness_query, parse_query, variables_of
from refit_operator.prometheus.rules.reading import UNBOUNDED, NoData, TooFewSamples, Value, describe
from refit_operator.prometheus.rules.sentences import one_line
from refit_operator.prometheus.rules.window import INGESTION_DELAY

SERVER, QUERY = "prometheus", "query"
OLD = timedelta(minutes=5)
"""Without maxAge: a sample that is older is of a target that Prometheus scrapes no more, or seldom."""
SECOND = timedelta(seconds=1)
MOST_ASKED = 8
"""Selectors that are asked for one by one, where the whole has no data."""


def examine_metric(cluster: Cluster, seen: Seen, operator: Operator, named: Named) -> Iterator[Examined]:
    """Yield whether the server answers here, and what the query gives."""
    prometheus = seen.monitor.spec.prometheus
    try:
        address = named.address or named.service or address_of(cluster, prometheus, operator)
        is_named = bool(named.address or named.service)
        ways = ways_named(cluster, named, prometheus) if is_named else ways_to(cluster, address, prometheus, operator)
    except Failed as failed:
        yield skipped(SERVER, f"{failed}; {OTHERWISE}")
        return
    get, found = _first_that_answers(address, ways, seen)
    yield found
    if get:
        yield examine_query(get, seen)


def _first_that_answers(address: str, ways: list[Way], seen: Seen) -> tuple[Get | None, Examined]:
    """Return how the server is asked, and what it said; None where it can't be asked."""
    refusals = list[str]()
    for way in ways:
        try:
            ask_range(way.get, "vector(1)", [seen.now], SECOND)
        except Refused as refused:
            return None, _refused(f"{address}, asked {way.words},", refused, seen.monitor)
        except Failed as failed:
            refusals.append(f"{way.words}: {failed}")
        else:
            return way.get, ok(SERVER, f"{address} answers ({way.words})")
    said = one_line("; ".join(refusals))
    words = f"{address} can't be asked from this machine: {OTHERWISE}. What the operator saw is below"
    return None, skipped(SERVER, f"{words}. Tried {said}")


def _refused(who: str, refused: Refused, monitor: ModelMonitor) -> Examined:
    if refused.status not in (401, 403):
        return fail(SERVER, f"{who} says: {one_line(refused.words)}")
    if monitor.spec.prometheus.authentication:
        words = "asks for credentials, and doctor sends none: whether the operator's are good is below"
        return skipped(SERVER, f"{who} {words}")
    return fail(SERVER, f"{who} says {refused.words}: it asks for credentials, and spec.prometheus has none")


def examine_query(get: Get, seen: Seen) -> Examined:
    """Return what the query gives now, and how old what stands behind it is."""
    wrong = query_findings(seen.monitor, "")
    if wrong:
        return skipped(QUERY, f"isn't asked: {wrong[0].field} has to be corrected first")
    pointer = parse_pointer(seen.target.pointer) if seen.target else None
    digest = pointer.digest if pointer else ""
    if "digest" in variables_of(seen.monitor.spec.metric.promql) and not digest:
        return warn(QUERY, "isn't asked: the target has no pointer yet whose digest could stand for $(digest)")
    time = seen.now - min(INGESTION_DELAY, interval_of(seen.monitor.spec.metric) / 4)
    try:
        return _judged(get, seen.monitor, time, digest)
    except Failed as failed:
        return fail(QUERY, one_line(str(failed)))


def _judged(get: Get, monitor: ModelMonitor, time: datetime, digest: str) -> Examined:
    metric = monitor.spec.metric
    (reading,) = fetch_at(get, monitor, [time], digest)
    query = parse_query(filled(monitor, metric.promql, digest))
    if isinstance(reading, NoData):
        return fail(QUERY, f"{describe(reading)}{_without_series(get, query, time)}")
    if not isinstance(reading, Value):
        return (warn if isinstance(reading, TooFewSamples) else fail)(QUERY, describe(reading))
    value = f"{metric.name}: {describe(reading)}"
    if not query.selectors:
        return warn(QUERY, f"{value}; it reads no series, and never changes")
    return _by_age(value, _age(get, query, time, metric.max_age or OLD), metric.max_age)


def _without_series(get: Get, query: ParsedQuery, time: datetime) -> str:
    """Return which parts of a query find no series, in words."""
    texts = list(dict.fromkeys(selector.text for selector in query.selectors))[:MOST_ASKED]
    empty = [text for text in texts if not ask_range(get, f"count({text})", [time], SECOND)[0].result]
    if not empty:
        return "; each part of it has series now: are their labels alike, and is the range long enough?"
    return f"; no series now: {', '.join(empty)}"


def _age(get: Get, query: ParsedQuery, time: datetime, max_age: timedelta) -> timedelta | None:
    """Return how old the newest sample behind the query's value is; None where there is none that is recent."""
    (age,) = read(get, freshness_query(query.text, max_age), [time], SECOND, UNBOUNDED)
    return timedelta(seconds=age.value) if isinstance(age, Value) else None


def _by_age(value: str, age: timedelta | None, max_age: timedelta | None) -> Examined:
    if age is None:
        words = "but no recent sample of its series is behind that: a part such as `or vector(0)` answers for them"
        return (fail if max_age else warn)(QUERY, f"{value}, {words}")
    said = f"{value}; the newest sample behind it is {age.total_seconds():.0f} s old"
    if max_age and age > max_age:
        return fail(QUERY, f"{said}, and metric.maxAge {format_duration(max_age)} makes that Stale")
    if age > OLD:
        return warn(QUERY, f"{said}: is its target still scraped? With metric.maxAge such readings are Stale, and hold")
    return ok(QUERY, said)
