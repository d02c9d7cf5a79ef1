"""What a sweep has to know of a monitor at rest. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from refit_operator.api.metric import DEFAULT_WINDOW, MetricSpec
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.rest import Rest
from refit_operator.prometheus.reader import Reader, Subject
from refit_operator.prometheus.rules.promql import freshness_query
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed
from refit_operator.sweep.group import Form, GroupKey, Member


@dataclass(frozen=True)
class Resting:
    """A monitor at rest, and with which others it may be read."""

    key: GroupKey
    prometheus: PrometheusSpec
    member: Member


def resting(o: Observed, rest: Rest, version: int, subject: Subject, reader: Reader) -> Resting | None:
    """Return what is asked of the monitor; None where a variable of its queries has no value."""
    spec, namespace = o.monitor.spec, o.monitor.metadata.namespace
    asked = _filled(spec.metric, subject, reader, o.now)
    if asked is None:
        return None
    is_own = bool(spec.prometheus.secret_keys or spec.prometheus.headers or rest.failed)
    key = GroupKey(
        address=reader.servers.address_of(spec.prometheus),
        prometheus=spec.prometheus.model_dump_json(),
        namespace=namespace if is_own else "",
        grid=reader.grid_of(spec.prometheus, spec.metric),
        form=_form(spec.metric),
        failed=FailureKind.Timeout if rest.failed is FailureKind.CircuitOpen else rest.failed,
    )
    return Resting(key, spec.prometheus, Member(rest, asked, version))


def _form(metric: MetricSpec) -> Form:
    return Form(
        window=(metric.window or DEFAULT_WINDOW) if metric.ratio else None,
        has_samples=metric.samples is not None,
        below=metric.below,
        bounds=(metric.bounds.min, metric.bounds.max),
        max_age=metric.max_age,
        min_samples=metric.min_samples.count if metric.min_samples else None,
    )


def _filled(metric: MetricSpec, subject: Subject, reader: Reader, now: datetime) -> tuple[str, ...] | None:
    filled = tuple(_queries(metric, lambda text: reader.fill(subject, text, now)))
    known = tuple(text for text in filled if not isinstance(text, QueryFailed))
    return known if len(known) == len(filled) else None


def _queries(metric: MetricSpec, fill: Callable[[str], str | QueryFailed]) -> Iterator[str | QueryFailed]:
    """Yield the queries in the order of `Member.asked`."""
    yield from map(fill, (metric.ratio.good, metric.ratio.total) if metric.ratio else (metric.promql,))
    if metric.samples:
        yield fill(metric.samples)
    if metric.max_age:
        query = fill(metric.promql)
        yield query if isinstance(query, QueryFailed) else freshness_query(query, metric.max_age)
    if metric.min_samples:
        yield fill(metric.min_samples.query)
