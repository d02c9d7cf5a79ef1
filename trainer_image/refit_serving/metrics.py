"""The server's metrics; the queries of monitors use these names."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from refit_trainer.tasks import Tally

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
PREFIX = "refit_serve_"
DRIFT, ESTIMATED = f"{PREFIX}input_drift_ratio", f"{PREFIX}estimated_accuracy"
"""Of the last answers: `watch` exports them."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The server's metrics, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.predictions = self._counter("predictions", "Answers given.")
        self.judged = self._counter("predictions_judged", "Answers compared with a true label.")
        self.correct = self._counter("predictions_correct", "Compared answers that were right.")
        self.errors = self._counter("prediction_errors", "Errors of compared answers.")
        self.units = self._counter("prediction_units", "What they are errors of: answers, words.")
        self.stored = self._counter("feedback_rows", "Labelled rows stored.", "side")
        self.unproved = self._counter("feedback_unproved", "Labels of no answer that is proved.")
        self.seconds = self._histogram("request_seconds", "Time to answer a request.", BUCKETS, "path")
        self.confidence = self._histogram("prediction_confidence", "The model's confidence in its answers.", SHARES)
        self.by_label = self._counter("predictions_by_label", "Answers given, by label.", "label")
        self.handed_out = self._counter("rows_handed_out", "Rows handed out to be labelled.")
        self._info = self._gauge("model_info", "The model in service.", "digest")
        self.models = self._gauge("models_in_memory", "Models in memory, with one kept.")
        self.models.set(1)
        self.load_seconds = self._gauge("model_load_seconds", "Time of the last load.")
        self.loads = self._counter("model_changes", "Models named by a new pointer.", "result")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(PREFIX + name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(PREFIX + name, text, labels, buckets=buckets, registry=self.registry)

    def show_model(self, digest: str) -> None:
        """Export which model is in service."""
        self._info.clear()
        self._info.labels(digest).set(1)

    def judge(self, tally: Tally) -> None:
        """Count one answer compared with its true one."""
        self.judged.inc()
        self.errors.inc(tally.errors)
        self.units.inc(tally.units)
        if not tally.errors:
            self.correct.inc()
