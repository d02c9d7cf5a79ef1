"""A reading as the metrics of its monitor show it."""

from refit_operator.observability.monitors import show_reading
from refit_operator.prometheus.rules.interval import interval
from refit_operator.prometheus.rules.reading import Reading, Value


def show(namespace: str, name: str, reading: Reading) -> None:
    """Export a reading of the monitor, with its interval where its outcomes are counted."""
    value, counts = (reading.value, reading.counts) if isinstance(reading, Value) else (None, None)
    bounds = interval(counts.good, counts.total) if counts and counts.total else None
    show_reading(namespace, name, reading.time.timestamp(), value, bounds)
