"""Traces over HTTP: each run once, the same after a restart, and nothing waits for a collector."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from refit_operator.observability import tracing as module
from refit_operator.observability.metrics import TRACE_SPANS
from refit_operator.observability.spans import spans_of, trace_id
from refit_operator.observability.tracing import SENT_FOR, Tracer
from tests.support.collector import Collector, collecting
from tests.support.local import until
from tests.support.monitors import finished
from tests.support.samples import NOW

RUN = finished(10, "Failed", status={"message": "out of memory"})


def wait_for(number: float, result: str, since: float) -> None:
    until(lambda: counted(result) - since >= number, 20, f"{result} isn't counted")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")


@contextmanager
def tracing(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tracer]:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    tracer = Tracer()
    try:
        yield tracer
    finally:
        tracer.close()


def counted(result: str) -> float:
    return float(TRACE_SPANS.labels(result)._value.get())


def test_a_run_that_ended_arrives_once_with_its_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    collector, before = Collector(), counted("Sent")
    with collecting(collector) as url, tracing(url, monkeypatch) as tracer:
        for _ in range(3):
            tracer.offer([RUN], NOW)
    resource, spans = collector.next()
    assert collector.came.empty(), "closing has sent all that waited"
    assert resource["service.name"] == "refit-operator"
    assert {span.trace_id.hex() for span in spans} == {trace_id(RUN.metadata.uid)}
    want = spans_of(RUN)
    assert [(span.name, int.from_bytes(span.span_id)) for span in spans] == [(span.name, span.id) for span in want]
    own, *stages = spans
    assert own.parent_span_id == b"" and {span.parent_span_id for span in stages} <= {own.span_id}
    assert (own.status.code, own.status.message) == (own.status.STATUS_CODE_ERROR, "out of memory")
    assert own.start_time_unix_nano == int(want[0].begin.timestamp()) * 10**9
    assert {each.key: each.value.string_value for each in own.attributes}["refit.outcome"] == "Failed"
    assert counted("Sent") - before == len(want)


def test_the_service_has_the_name_that_the_variables_give_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "retraining")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    collector = Collector()
    with collecting(collector) as url, tracing(url, monkeypatch) as tracer:
        tracer.offer([RUN], NOW)
    resource, _ = collector.next()
    assert (resource["service.name"], resource["deployment.environment.name"]) == ("retraining", "test")


def test_after_a_restart_it_is_the_same_trace_and_an_old_run_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector()
    with collecting(collector) as url:
        for _ in range(2):
            with tracing(url, monkeypatch) as tracer:
                tracer.offer([RUN], NOW)
        with tracing(url, monkeypatch) as tracer:
            tracer.offer([RUN], NOW + SENT_FOR)
    (_, first), (_, again) = collector.next(), collector.next()
    assert [span.span_id for span in first] == [span.span_id for span in again]
    assert collector.came.empty()


def test_a_collector_that_fails_is_one_warning_until_it_takes_them_again(monkeypatch: pytest.MonkeyPatch) -> None:
    collector, before = Collector(status=400), counted("Failed")
    with capture_logs() as lines, collecting(collector) as url, tracing(url, monkeypatch) as tracer:
        for number in (1, 2):
            tracer.offer([finished(10, "Failed", number)], NOW)
            collector.next()
            wait_for(number, "Failed", before)
        assert [line["event"] for line in lines] == ["traces are lost"]
        assert "400" in lines[0]["error"] or "Bad Request" in lines[0]["error"]
        collector.status, sent = 200, counted("Sent")
        tracer.offer([finished(10, "Failed", 3)], NOW)
        wait_for(1, "Sent", sent)
        collector.status = 400
        tracer.offer([finished(10, "Failed", 4)], NOW)
        until(lambda: len(lines) == 2, 20, "a later failure isn't said")


def test_a_collector_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with capture_logs() as lines, tracing("http://127.0.0.1:1", monkeypatch) as tracer:
        tracer.offer([RUN], NOW)
        until(lambda: bool(lines), 30, "nothing is said")
    assert lines[0]["event"] == "traces are lost" and lines[0]["error"]


def test_one_that_never_answers_is_waited_for_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """All are offered while the first request hangs: what doesn't fit is dropped, and counted."""
    monkeypatch.setattr(module, "MOST_WAITING", 600)
    collector, before = Collector(), counted("Dropped")
    collector.goes_on.clear()
    runs = [finished(10, "Failed", number) for number in range(1, 1001)]
    with capture_logs() as lines, collecting(collector) as url, tracing(url, monkeypatch) as tracer:
        tracer.offer(runs[:1], NOW)
        collector.next()
        tracer.offer(runs, NOW)
        total = sum(len(spans_of(run)) for run in runs)
        assert counted("Dropped") - before == total - 600
        assert [line["error"] for line in lines] == ["too many wait for the collector"]
        collector.goes_on.set()


def test_what_was_sent_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting(Collector()) as url, tracing(url, monkeypatch) as tracer:
        tracer.offer([RUN], NOW)
        tracer.offer([], NOW + SENT_FOR + timedelta(minutes=20))
        assert tracer._offered == {}
