"""The server's metrics; the queries of monitors use these names."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from refit_trainer.tasks import Tally

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The server's metrics, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.predictions = Counter("predictions", "Answers given.", registry=self.registry)
        self.judged = Counter("predictions_judged", "Answers compared with a true label.", registry=self.registry)
        self.correct = Counter("predictions_correct", "Compared answers that were right.", registry=self.registry)
        self.errors = Counter("prediction_errors", "Errors of compared answers.", registry=self.registry)
        self.units = Counter("prediction_units", "What they are errors of: answers, words.", registry=self.registry)
        self.stored = Counter("feedback_rows", "Labelled rows stored.", ["side"], registry=self.registry)
        self.unproved = Counter("feedback_unproved", "Labels of no answer that is proved.", registry=self.registry)
        self.seconds = Histogram(
            "refit_request_seconds", "Time to answer a request.", ["path"], buckets=BUCKETS, registry=self.registry
        )
        self.confidence = Histogram(
            "prediction_confidence", "The model's confidence in its answers.", buckets=SHARES, registry=self.registry
        )
        self.by_label = Counter("predictions_by_label", "Answers given, by label.", ["label"], registry=self.registry)
        self.handed_out = Counter("rows_handed_out", "Rows handed out to be labelled.", registry=self.registry)
        self._info = Gauge("refit_model_info", "The model in service.", ["digest"], registry=self.registry)
        self.models = Gauge("refit_models_in_memory", "Models in memory, with one kept.", registry=self.registry)
        self.models.set(1)
        self.load_seconds = Gauge("refit_model_load_seconds", "Time of the last load.", registry=self.registry)
        self.loads = Counter(
            "refit_model_changes", "Models named by a new pointer.", ["result"], registry=self.registry
        )

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
