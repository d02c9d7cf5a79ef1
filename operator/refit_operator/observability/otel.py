"""Whether traces are switched on, by OpenTelemetry's standard variables, and what of them log lines have.

Its SDK is imported only where they are.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import structlog
from structlog.contextvars import bound_contextvars

from refit_operator.api.run import RetrainRun
from refit_operator.observability.spans import trace_id

log = structlog.get_logger()

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
OUR_PROTOCOL = "http/protobuf"


class RunTracer(Protocol):
    """What sends traces."""

    def offer(self, runs: Sequence[RetrainRun], now: datetime) -> None:
        """Have those sent that ended a short time ago and aren't sent yet."""
        ...


class Wanted(NamedTuple):
    """Whether traces are to be sent; and where they can't be, why."""

    is_on: bool
    problem: str = ""


def wanted(environment: Mapping[str, str]) -> Wanted:
    """Return what the variables say. Without any of them there are no traces."""
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip()
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    has_endpoint = any(environment.get(name) for name in ENDPOINTS)
    if is_disabled or exporter == "none" or not (exporter or has_endpoint):
        return Wanted(False)
    if exporter not in ("", "otlp"):
        return Wanted(False, f"OTEL_TRACES_EXPORTER is {exporter!r}: set otlp or none")
    name = next((name for name in PROTOCOLS if environment.get(name)), "")
    if name and environment[name] != OUR_PROTOCOL:
        return Wanted(False, f"{name} is {environment[name]!r}: set {OUR_PROTOCOL}, and the collector's port for that")
    return Wanted(True)


def make_tracer(environment: Mapping[str, str]) -> RunTracer | None:
    """Return what sends traces; None where they are off. What is wrong with them is a warning, and stops nothing."""
    found = wanted(environment)
    try:
        if found.is_on:
            from refit_operator.observability.tracing import Tracer

            return Tracer()
    except Exception as error:  # whatever the SDK objects to
        found = Wanted(False, f"{type(error).__name__}: {error}")
    if found.problem:
        log.warning("traces are off", error=found.problem)
    return None


def correlated(run: RetrainRun, tracer: RunTracer | None) -> AbstractContextManager[Any]:
    """Have the log lines inside name the run's trace, where there are traces."""
    return bound_contextvars(trace_id=trace_id(run.metadata.uid)) if tracer else nullcontext()
