"""Every query of a monitor, by the parser that the operator uses."""

from collections.abc import Iterator

from refit_cli.lint.findings import Finding, error
from refit_operator.api.metric import MetricSpec
from refit_operator.api.monitor import ModelMonitor
from refit_operator.prometheus.rules.counting import selector_objection
from refit_operator.prometheus.rules.namespaces import namespace_objection
from refit_operator.prometheus.rules.promql import QueryInvalid, substitute

ANY_DIGEST = "sha256:" + "0" * 64
Query = tuple[str, str]
"""The field and its text."""


def selectors(metric: MetricSpec) -> Iterator[Query]:
    """Yield the selectors of a ratio."""
    if metric.ratio:
        yield "spec.metric.ratio.good", metric.ratio.good
        yield "spec.metric.ratio.total", metric.ratio.total


def queries(monitor: ModelMonitor) -> Iterator[Query]:
    """Yield the queries that a user wrote whole."""
    metric, drift = monitor.spec.metric, monitor.spec.drift
    if metric.query:
        yield "spec.metric.query", metric.query
    if metric.samples:
        yield "spec.metric.samples", metric.samples
    if metric.min_samples:
        yield "spec.metric.minSamples.query", metric.min_samples.query
    if drift:
        yield "spec.drift.query", drift.query
    yield from ((f"spec.guards.{index}.query", guard.query) for index, guard in enumerate(monitor.spec.guards))


def variables_of(monitor: ModelMonitor) -> dict[str, str]:
    """Return what the variables stand for; of the digest any."""
    meta, target = monitor.metadata, monitor.spec.serving.target_ref.name
    return {"name": meta.name, "namespace": meta.namespace, "target": target, "digest": ANY_DIGEST}


def query_findings(monitor: ModelMonitor, label: str) -> list[Finding]:
    """Return the queries that the operator refuses; `label` is its REFIT_PROMETHEUS_NAMESPACE_LABEL."""
    found = [_selector_error(field, text) for field, text in selectors(monitor.spec.metric)]
    whole = (*selectors(monitor.spec.metric), *queries(monitor))
    found += [_query_error(monitor, field, text, label) for field, text in whole]
    first = {each.path: each for each in reversed([each for each in found if each])}
    return [each for each in found if each and first[each.path] is each]


def _selector_error(field: str, text: str) -> Finding | None:
    objection = selector_objection(text)
    return error("promql", _path(field), objection) if objection else None


def _query_error(monitor: ModelMonitor, field: str, text: str, label: str) -> Finding | None:
    try:
        objection = namespace_objection(substitute(text, variables_of(monitor)), label, monitor.metadata.namespace)
    except QueryInvalid as invalid:
        return error("promql", _path(field), str(invalid))
    return error("other-namespaces", _path(field), objection) if objection else None


def _path(field: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in field.split("."))
