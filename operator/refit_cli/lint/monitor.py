"""All that lint says of one document, from the outermost on: what can't be read further is said first, and ends it."""

from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from refit_cli.lint import mistakes, query_mistakes
from refit_cli.lint.findings import Finding, Severity, error, warning
from refit_cli.lint.queries import query_findings
from refit_cli.lint.schema import rule_findings, schema_findings
from refit_cli.metric import interval_of, range_of
from refit_operator.api.base import API_VERSION, GROUP
from refit_operator.api.monitor import ModelMonitor
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.readiness import invalid_spec

PLACEHOLDER = {"uid": "none", "creationTimestamp": "1970-01-01T00:00:00Z"}
"""What the API server adds."""


def is_ours(document: Any) -> bool:
    """Return whether the document is of our API group."""
    return isinstance(document, dict) and str(document.get("apiVersion", "")).partition("/")[0] == GROUP


def lint(document: Any, label: str = "") -> list[Finding]:
    """Return what is wrong with a document of our API group; `label` is REFIT_PROMETHEUS_NAMESPACE_LABEL."""
    kind, version = document.get("kind"), document.get("apiVersion")
    if version != API_VERSION:
        return [error("unknown-version", "apiVersion", f"{version!r} isn't served: it is {API_VERSION}")]
    if kind == "RetrainRun":
        return [warning("kind", "kind", "the operator creates RetrainRuns: one that is applied belongs to no monitor")]
    if kind != "ModelMonitor":
        return [error("unknown-kind", "kind", f"{kind!r} is no kind of {GROUP}: ModelMonitor, RetrainRun")]
    found = schema_findings(document)
    if _has_errors(found):
        return found
    found += rule_findings(document)
    return found if _has_errors(found) else found + _parsed(document, label)


def _parsed(document: dict[str, Any], label: str) -> list[Finding]:
    metadata = {"name": "", "namespace": ""} | document.get("metadata", {}) | PLACEHOLDER
    try:
        monitor = ModelMonitor.model_validate({**document, "metadata": metadata, "status": {}})
    except ValidationError as invalid:
        return [error("schema", tuple(one["loc"]), one["msg"]) for one in invalid.errors()]
    found = query_findings(monitor, label)
    if _has_errors(found):
        return found
    return [*_contradictions(monitor), *(each for check in CHECKS for each in check(monitor))]


CHECKS = (*query_mistakes.CHECKS, *mistakes.CHECKS)


def _contradictions(monitor: ModelMonitor) -> list[Finding]:
    """Return what the operator objects to by the spec alone (InvalidSpec), by its own check."""
    metric = monitor.spec.metric
    observed = Observed(
        monitor=monitor,
        target=None,
        runs=(),
        now=datetime.now(UTC),
        interval=interval_of(metric),
        query_range=range_of(metric),
    )
    hold = invalid_spec(observed)
    if hold is None:
        return []
    field = hold.message.partition(":")[0]
    path = f"spec.{field}" if field.replace(".", "").isalpha() else "spec"
    return [error(hold.reason, path, hold.message.removeprefix(f"{field}: ") if path != "spec" else hold.message)]


def _has_errors(found: list[Finding]) -> bool:
    return any(each.severity is Severity.ERROR for each in found)
