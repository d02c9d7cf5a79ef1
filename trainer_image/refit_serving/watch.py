"""What answers say before any label comes: how far their inputs lie from what the model was judged on, and how many are
likely right.

Both are of this pod's last 200 answers, and only of a model whose judge left a sketch. Neither is a measurement.
"""

import math
from collections.abc import Iterator

import numpy as np
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from refit_serving.metrics import DRIFT, ESTIMATED, Metrics
from refit_trainer.sketch.document import WINDOW, Sketch
from refit_trainer.tasks import Prediction, Task

MAX_LABELS = 100  # series; a model with more labels has the rest counted as one
REST = "other labels"
NAMED = ("label", "labels")
"""Truths that are labels, of which answers are counted by each."""


class Watch(Collector):
    """Follows the answers of one model; registered with the metrics, it exports what they say."""

    def __init__(self, task: Task, labels: tuple[str, ...], sketch: Sketch | None, metrics: Metrics) -> None:
        self._answers = task.answers if task.truth in NAMED else None
        self._labels = labels
        self._shown = frozenset(labels[:MAX_LABELS])
        self._sketch = sketch
        self._metrics = metrics
        self._places = np.zeros((WINDOW, len(sketch.axes) if sketch else 0))
        self._scores = np.zeros(WINDOW)
        self._followed = 0

    def follow(self, prediction: Prediction) -> float:
        """Count one answer; return how strange its input is: about 1 for those of the same kind, 0 where unknown."""
        self._metrics.confidence.observe(prediction.score)
        for label in self._answers(prediction.value, self._labels) if self._answers else ():
            self._metrics.by_label.labels(label if label in self._shown else REST).inc()
        place = prediction.place
        strangeness = sum(one * one for one in place) / len(place) if place else 0.0
        if self._sketch is None or not place or not math.isfinite(strangeness):
            return 0.0
        self._places[self._followed % WINDOW] = place
        self._scores[self._followed % WINDOW] = prediction.score
        self._followed += 1
        return strangeness

    @property
    def drift(self) -> float | None:
        """How far the last answers' inputs lie off, as a ratio of the limit; None where too few are known."""
        if self._sketch is None or self._followed < WINDOW:
            return None
        mean = self._places.mean(axis=0)
        return float(mean @ mean) / self._sketch.limit

    @property
    def estimated_accuracy(self) -> float | None:
        """The accuracy that the last answers' calibrated confidence promises; None where too few are known."""
        if self._sketch is None or self._followed < WINDOW:
            return None
        known = self._sketch.calibration
        return float(np.mean(np.interp(self._scores, known.confidence, known.accuracy)))

    def collect(self) -> Iterator[Metric]:
        """Yield what is known: a gauge that isn't there holds every query."""
        if (drift := self.drift) is not None:
            about = "Drift of the last 200 inputs, by its limit: above 1, where more rows are kept to be labelled."
            yield GaugeMetricFamily(DRIFT, about, drift)
        if (accuracy := self.estimated_accuracy) is not None:
            about = "Estimated of the last 200 answers from their confidence, without a label."
            yield GaugeMetricFamily(ESTIMATED, about, accuracy)
