"""What a monitor's metrics show after a reconciliation."""

from refit_operator.api.monitor import ModelMonitorStatus
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.drift import drift_ratio
from refit_operator.observability.monitors import show_drift, show_metric, show_monitor, show_runs
from refit_operator.observability.runs import runs_shown
from refit_operator.prometheus.shown import show as show_reading


def show(o: Observed, status: ModelMonitorStatus) -> None:
    """Export what was observed of a monitor, and the status that describes it."""
    namespace, name = o.monitor.metadata.namespace, o.monitor.metadata.name
    show_monitor(namespace, name, status)
    show_metric(namespace, name, o.monitor.spec.metric.threshold, o.interval.total_seconds())
    show_runs(namespace, name, runs_shown(o.runs))
    show_drift(namespace, name, drift_ratio(o))
    if o.newest:
        show_reading(namespace, name, o.newest)
