"""Readings of before from Prometheus: the same questions as the operator's, over a long range."""

from datetime import datetime, timedelta

from refit_cli.exits import Exit, Failed
from refit_cli.lint.queries import ANY_DIGEST, variables_of
from refit_cli.metric import interval_of
from refit_cli.prometheus import Get, ask_range
from refit_operator.api.metric import DEFAULT_WINDOW
from refit_operator.api.monitor import ModelMonitor
from refit_operator.prometheus.rules.counting import GOOD, PART, TOTAL, counting_query, read_ratio, with_counts
from refit_operator.prometheus.rules.promql import substitute
from refit_operator.prometheus.rules.promql import variables_of as variables_in
from refit_operator.prometheus.rules.reading import UNBOUNDED, Bounds
from refit_operator.prometheus.rules.responses import read_matrix, read_matrix_parts
from refit_operator.prometheus.rules.window import EPOCH, Window


def fetch(get: Get, monitor: ModelMonitor, since: timedelta, now: datetime, digest: str = "") -> Window:
    """Return the monitor's readings of that time, on a grid of its interval. Raises Failed."""
    interval = interval_of(monitor.spec.metric)
    last = EPOCH + (now - EPOCH) // interval * interval
    times = [last - number * interval for number in reversed(range(max(1, since // interval)))]
    return fetch_at(get, monitor, times, digest)


def fetch_at(get: Get, monitor: ModelMonitor, times: list[datetime], digest: str = "") -> Window:
    """Return the monitor's readings at evenly spaced times. Raises Failed."""
    metric, interval = monitor.spec.metric, interval_of(monitor.spec.metric)
    bounds = (metric.bounds.min, metric.bounds.max)
    if metric.ratio:
        good, total = (filled(monitor, text, digest) for text in (metric.ratio.good, metric.ratio.total))
        query = counting_query(good, total, metric.window or DEFAULT_WINDOW)
        answers = ask_range(get, query, times, interval)
        parts = [read_matrix_parts(each.result, each.times, PART, (GOOD, TOTAL)) for each in answers]
        return tuple(one for part in parts for one in read_ratio(part[0], part[1], metric.below, bounds))
    values = read(get, filled(monitor, metric.promql, digest), times, interval, bounds)
    if not metric.samples:
        return values
    samples = read(get, filled(monitor, metric.samples, digest), times, interval, UNBOUNDED)
    return with_counts(values, samples, metric.below)


def read(get: Get, query: str, times: list[datetime], interval: timedelta, bounds: Bounds) -> Window:
    """Return a query's readings at evenly spaced times. Raises Failed."""
    answers = ask_range(get, query, times, interval)
    return tuple(reading for each in answers for reading in read_matrix(each.result, each.times, bounds))


def filled(monitor: ModelMonitor, query: str, digest: str) -> str:
    """Return a query as it is asked. Raises Failed where it has $(digest), and there is none."""
    if "digest" in variables_in(query) and not digest:
        message = "the query has $(digest): give the digest of the checkpoint whose readings are meant as --digest"
        raise Failed(Exit.USAGE, message)
    return substitute(query, variables_of(monitor) | {"digest": digest or ANY_DIGEST})
