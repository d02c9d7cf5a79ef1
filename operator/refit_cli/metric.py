"""The grid of a metric: how far apart its readings are, and how far back each reads. Pure."""

from datetime import timedelta

from refit_operator.api.metric import MetricSpec
from refit_operator.prometheus.rules.promql import parse_query

DEFAULT_INTERVAL = timedelta(minutes=1)
"""Of a query without any range; the operator's reader has the same."""


def interval_of(metric: MetricSpec) -> timedelta:
    """Return the time between two readings. Raises QueryInvalid."""
    return metric.interval or parse_query(metric.promql).longest_range or DEFAULT_INTERVAL


def range_of(metric: MetricSpec) -> timedelta:
    """Return how far before its own time a reading reads. Raises QueryInvalid."""
    return parse_query(metric.promql).reach
