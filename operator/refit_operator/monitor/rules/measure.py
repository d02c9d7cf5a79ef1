"""What a ratio is measured of, and by: evidence of one model against one threshold says nothing of another. Pure."""

from hashlib import sha256

from refit_operator.api.metric import MetricSpec
from refit_operator.prometheus.rules.evidence import WINDOWS


def measure_digest(metric: MetricSpec, pointer: str) -> str:
    """Return a short digest of which outcomes are counted, of which model, and against what."""
    parts = (metric.promql, metric.samples or "", f"{metric.threshold}", metric.direction, pointer)
    return sha256("\0".join(parts).encode()).hexdigest()[:16]


def readings_needed(metric: MetricSpec) -> int:
    """Return how many of the newest readings a decision rests on."""
    return WINDOWS if metric.is_counted else metric.breaches.out_of
