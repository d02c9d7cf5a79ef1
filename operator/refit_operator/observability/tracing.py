"""Send the traces of runs by OTLP, beside everything else: from a thread of the SDK's, out of a bounded queue.

Best effort, and after a restart again: a run that ended within the last hour is sent once by each process, always with
the same ids. The only module that imports OpenTelemetry.
"""

import logging
import re
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator

from refit_operator.api.run import RetrainRun
from refit_operator.observability.metrics import TRACE_SPANS
from refit_operator.observability.spans import RunSpan, spans_of, trace_id

log = structlog.get_logger()

SENT_FOR = timedelta(hours=1)
"""After a restart, runs that ended longer ago aren't sent again."""
MOST_WAITING = 2048
"""Spans that wait for the collector, with those that are being sent; any more are dropped."""


class Tracer:
    """The runs that were handed to the SDK."""

    def __init__(self) -> None:
        said = _Said.take_over("opentelemetry")
        self._ids = _Ids()
        exporter = OTLPSpanExporter()
        said.lines.clear()  # what is said of OTEL_EXPORTER_OTLP_HEADERS quotes them, and they may have a token
        self._processor = _Bounded(exporter, said)
        resource = Resource({SERVICE_NAME: "refit-operator"}).merge(OTELResourceDetector().detect())
        provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("refit")
        self._offered: dict[str, datetime] = {}

    def offer(self, runs: Sequence[RetrainRun], now: datetime) -> None:
        """Hand over those that ended a short time ago and weren't yet; it waits for nothing."""
        for run in runs:
            ended = run.status.completion_time
            if ended is None or now - ended >= SENT_FOR or run.metadata.uid in self._offered:
                continue
            self._offered[run.metadata.uid] = ended
            try:
                self._emit(int(trace_id(run.metadata.uid), 16), spans_of(run))
            except Exception as error:  # whatever it is, it must not hold up a decision
                self._processor.warn_once(f"{type(error).__name__}: {error}")
        for uid in [uid for uid, ended in self._offered.items() if now - ended >= SENT_FOR]:
            del self._offered[uid]

    def close(self) -> None:
        """Send what waits, as long as that takes the exporter, and end its thread."""
        self._processor.shutdown()

    def _emit(self, id: int, spans: Sequence[RunSpan]) -> None:
        context = None
        for span in spans:
            self._ids.next = (id, span.id)
            made = self._tracer.start_span(
                span.name, context, attributes=dict(span.attributes), start_time=_nanoseconds(span.begin)
            )
            if span.parent is None:
                context = trace.set_span_in_context(made)
            if span.error:
                made.set_status(trace.Status(trace.StatusCode.ERROR, span.error))
            made.end(_nanoseconds(span.end))


class _Ids(IdGenerator):
    """The ids that the next span is to have."""

    next = (0, 0)

    def generate_trace_id(self) -> int:
        return self.next[0]

    def generate_span_id(self) -> int:
        return self.next[1]


class _Bounded(SpanProcessor):
    """The SDK's batches, with at most `MOST_WAITING` spans between here and the collector."""

    def __init__(self, exporter: SpanExporter, said: "_Said") -> None:
        self._counted = _Counted(exporter, said)
        self._batches = BatchSpanProcessor(self._counted, max_queue_size=MOST_WAITING)
        self._taken = 0

    def on_end(self, span: ReadableSpan) -> None:
        """Queue it, or drop it."""
        if self._taken - self._counted.done >= MOST_WAITING:
            TRACE_SPANS.labels("Dropped").inc()
            self.warn_once("too many wait for the collector")
        elif span.context and span.context.trace_flags.sampled:
            self._taken += 1
            self._batches.on_end(span)

    def warn_once(self, error: str) -> None:
        """Warn, unless nothing was sent since the last warning."""
        self._counted.warn_once(error)

    def shutdown(self) -> None:
        """Send what waits."""
        self._batches.shutdown()  # type: ignore[no-untyped-call]


class _Counted(SpanExporter):
    """An exporter whose results are counted; of failures in a row, the first is a warning."""

    def __init__(self, exporter: SpanExporter, said: "_Said") -> None:
        self._exporter, self._said = exporter, said
        self.done = 0
        """Spans that were sent or lost. Only the SDK's thread writes it."""
        self._is_warned = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them, in the SDK's thread."""
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # whatever it is, what waits must go on
            self._said.keep(f"{type(error).__name__}: {error}")
            result = SpanExportResult.FAILURE
        self.done += len(spans)
        is_sent = result is SpanExportResult.SUCCESS
        TRACE_SPANS.labels("Sent" if is_sent else "Failed").inc(len(spans))
        if is_sent:
            self._is_warned = False
        else:
            self.warn_once("; ".join(self._said.lines))
        self._said.lines.clear()
        return result

    def warn_once(self, error: str) -> None:
        """Warn, unless nothing was sent since the last warning."""
        if not self._is_warned:
            self._is_warned = True
            log.warning("traces are lost", error=error)

    def shutdown(self) -> None:
        """End it."""
        self._exporter.shutdown()


QUERY, LONGEST_LINE = re.compile(r"\?[^\s)'\"]+"), 300


class _Said(logging.Handler):
    """What the SDK said last. It says it at each attempt; one warning of ours is enough."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: deque[str] = deque(maxlen=2)

    @classmethod
    def take_over(cls, name: str) -> "_Said":
        """Have what a logger and those below it say kept here, and written nowhere."""
        logger, said = logging.getLogger(name), cls()
        logger.handlers, logger.propagate = [said], False
        return said

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.keep(record.getMessage())

    def keep(self, line: str) -> None:
        """Keep a line, without the query of an address, which may have a key."""
        self.lines.append(QUERY.sub("?…", line)[:LONGEST_LINE])


def _nanoseconds(time: datetime) -> int:
    return round(time.timestamp() * 1_000_000) * 1000
