"""A run as a trace, and when there are traces at all."""

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from refit_operator.observability.otel import make_tracer, wanted
from refit_operator.observability.spans import spans_of, trace_id
from tests.support.monitors import finished
from tests.support.samples import NOW, make_run

OTLP = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


def ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


def ended(**status: Any) -> Any:
    facts = {"startTime": ago(58), "completionTime": ago(0), "outcome": "Rejected", "trainedTime": ago(1)} | status
    return make_run(1, status=facts, created=NOW - timedelta(minutes=60))


def test_a_run_is_a_trace_whose_stages_are_spans_of_it() -> None:
    own, queued, training = spans_of(ended())
    assert (own.name, own.parent, own.end - own.begin) == ("RetrainRun", None, timedelta(minutes=60))
    assert [(span.name, span.parent) for span in (queued, training)] == [("Queued", own.id), ("Training", own.id)]
    assert queued.end == training.begin and training.end - training.begin == timedelta(minutes=57)
    assert own.attributes["refit.outcome"] == "Rejected" and own.attributes["k8s.namespace.name"] == "shop"
    assert own.error == ""


def test_its_ids_are_those_of_its_uid_whoever_computes_them() -> None:
    """What is computed again after a restart, or by another operator, is the same trace; and no other run's."""
    first, again, other = (spans_of(run) for run in (finished(10), finished(10), finished(10, "Promoted", 2)))
    assert [span.id for span in first] == [span.id for span in again]
    assert {span.id for span in first}.isdisjoint(span.id for span in other)
    assert all(0 < span.id < 2**64 for span in first)
    assert trace_id("run-1-uid") == trace_id("run-1-uid") != trace_id("run-2-uid")
    assert len(trace_id("run-1-uid")) == 32


def test_a_run_that_failed_is_an_error_with_its_words_and_a_refusal_is_none() -> None:
    assert spans_of(ended(outcome="Failed", message="out of memory"))[0].error == "out of memory"
    assert spans_of(ended(outcome="RolledBack"))[0].error == ""


def test_a_run_under_way_has_no_spans_yet() -> None:
    assert spans_of(ended(outcome=None, completionTime=None)) == ()


def test_no_span_lies_outside_of_its_runs() -> None:
    """The API server's clock, which stamps the creation, may be ahead of the operator's."""
    own, *stages = spans_of(ended(startTime=ago(61), completionTime=ago(2)))
    assert all(own.begin <= span.begin <= span.end <= own.end for span in stages)


@pytest.mark.parametrize(
    ("environment", "is_on", "problem"),
    [
        ({}, False, ""),
        (OTLP, True, ""),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True, ""),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True, ""),
        ({"OTEL_SERVICE_NAME": "refit"}, False, ""),
        (OTLP | {"OTEL_SDK_DISABLED": "true"}, False, ""),
        (OTLP | {"OTEL_SDK_DISABLED": "false"}, True, ""),
        (OTLP | {"OTEL_TRACES_EXPORTER": "none"}, False, ""),
        (OTLP | {"OTEL_TRACES_EXPORTER": "zipkin"}, False, "OTEL_TRACES_EXPORTER is 'zipkin': set otlp or none"),
        (OTLP | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True, ""),
        (
            OTLP | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            False,
            "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc': set http/",
        ),
        (
            OTLP | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"},
            True,
            "",
        ),
    ],
)
def test_the_standard_variables_say_whether_there_are_traces(
    environment: dict[str, str], is_on: bool, problem: str
) -> None:
    found = wanted(environment)
    assert found.is_on is is_on
    assert found.problem.startswith(problem) and bool(found.problem) is bool(problem)


def test_what_cannot_be_sent_is_no_reason_not_to_start() -> None:
    assert make_tracer({}) is None
    assert make_tracer(OTLP | {"OTEL_TRACES_EXPORTER": "zipkin"}) is None


def test_where_they_are_off_nothing_of_opentelemetry_is_loaded() -> None:
    program = "import sys, refit_operator.__main__ as main; main.make_tracer({}); print('opentelemetry' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
