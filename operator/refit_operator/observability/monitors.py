"""The series of every monitor: a few numbers each in memory, and made into samples when they are asked for.

A labelled gauge of prometheus-client costs a kilobyte, and a monitor has more than ten of them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from refit_operator.api.conditions import Condition, ConditionType, find
from refit_operator.api.monitor import ModelMonitorStatus
from refit_operator.observability import contract
from refit_operator.observability.runs import NO_RUNS, RunsShown

Name = tuple[str, str]
"""Namespace and name of a monitor."""
Bounds = tuple[float, float]
_KINDS = tuple(ConditionType)


@dataclass(slots=True)
class Shown:
    """What is shown of a monitor; None is no series."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    read: float | None = None
    interval: float | None = None
    evidence: float | None = None
    needed: float | None = None
    drift: float | None = None
    breach: bool | None = None
    breach_start: float | None = None
    state: str | None = None
    hold: str | None = None
    outdated: str | None = None
    runs: RunsShown = NO_RUNS
    conditions: tuple[bool | None, ...] = ()
    """Whether each of all kinds is True."""


Samples = Iterable[tuple[tuple[str, ...], float | None]]
"""Labels beside the monitor's own, and the number."""


def _conditions(shown: Shown) -> Samples:
    return (((kind,), is_true) for kind, is_true in zip(_KINDS, shown.conditions, strict=False))


def _active(shown: Shown) -> Samples:
    return ((shown.runs.active, 1),) if shown.runs.active else ()


def _in_a_row(shown: Shown) -> Samples:
    return (((shown.runs.in_a_row[0],), shown.runs.in_a_row[1]),) if shown.runs.in_a_row else ()


_SAMPLES: dict[str, Callable[[Shown], Samples]] = {
    "value": lambda shown: (((), shown.value),),
    "value_low": lambda shown: (((), shown.low),),
    "value_high": lambda shown: (((), shown.high),),
    "threshold": lambda shown: (((), shown.threshold),),
    "reading_timestamp_seconds": lambda shown: (((), shown.read),),
    "interval_seconds": lambda shown: (((), shown.interval),),
    "evidence": lambda shown: (((), shown.evidence),),
    "evidence_needed": lambda shown: (((), shown.needed),),
    "breach": lambda shown: (((), shown.breach),),
    "breach_start_timestamp_seconds": lambda shown: (((), shown.breach_start),),
    "drift": lambda shown: (((), shown.drift),),
    "condition": _conditions,
    "state": lambda shown: (((shown.state,), 1),) if shown.state else (),
    "hold": lambda shown: (((shown.hold,), 1),) if shown.hold else (),
    "outdated": lambda shown: (((shown.outdated,), 1),) if shown.outdated else (),
    "run": _active,
    "runs": lambda shown: (((outcome,), count) for outcome, count in shown.runs.kept),
    "runs_in_a_row": _in_a_row,
    "run_end_timestamp_seconds": lambda shown: (((outcome,), time) for outcome, time in shown.runs.ended),
    "promotion_timestamp_seconds": lambda shown: (((), shown.runs.promoted),),
    "rollback_timestamp_seconds": lambda shown: (((), shown.runs.rolled_back),),
    "promotion_confirmed": lambda shown: (((), shown.runs.confirmed),),
}
"""The samples of each metric of a monitor, by its name without `refit_monitor_`."""


class Monitors(Collector):
    """What is shown of all monitors."""

    def __init__(self) -> None:
        self._shown: dict[Name, Shown] = {}

    def __len__(self) -> int:
        return len(self._shown)

    def of(self, name: Name) -> Shown:
        """Return what is shown of a monitor."""
        return self._shown.setdefault(name, Shown())

    def forget(self, name: Name) -> None:
        """Show nothing of a monitor."""
        self._shown.pop(name, None)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the samples of all monitors."""
        shown = list(self._shown.items())
        for metric in contract.MONITORS:
            family = GaugeMetricFamily(metric.name, metric.text, labels=metric.labels)
            samples = _SAMPLES[metric.name.removeprefix("refit_monitor_")]
            for name, one in shown:
                for labels, number in samples(one):
                    if number is not None:
                        family.add_metric((*name, *labels), number)
            yield family


MONITORS = Monitors()
REGISTRY.register(MONITORS)


def show_monitor(namespace: str, name: str, status: ModelMonitorStatus) -> None:
    """Export a monitor's newest status."""
    shown = MONITORS.of((namespace, name))
    if status.metric and status.metric.value is not None:
        shown.value = float(status.metric.value)
    evidence = status.metric.evidence if status.metric else None
    shown.evidence = float(evidence.statistic) if evidence else None
    shown.needed = float(evidence.needed) if evidence else None
    show_conditions(namespace, name, status)


def show_conditions(namespace: str, name: str, status: ModelMonitorStatus) -> None:
    """Export what a status says in words: also of a monitor that this process hasn't reconciled yet."""
    shown = MONITORS.of((namespace, name))
    found = (find(status.conditions, kind) for kind in _KINDS)
    shown.conditions = tuple(None if condition is None else condition.status == "True" for condition in found)
    shown.state = status.state
    shown.hold = _reason_of_false(status, ConditionType.RETRAIN_ALLOWED)
    shown.outdated = _reason_of_false(status, ConditionType.SERVING_UP_TO_DATE)
    _show_verdict(shown, find(status.conditions, ConditionType.WITHIN_THRESHOLD))


def _reason_of_false(status: ModelMonitorStatus, kind: ConditionType) -> str | None:
    condition = find(status.conditions, kind)
    return condition.reason if condition and condition.status == "False" else None


def _show_verdict(shown: Shown, within: Condition | None) -> None:
    is_known = within is not None and within.status != "Unknown"
    shown.breach = within.status == "False" if within and is_known else None
    shown.breach_start = within.last_transition_time.timestamp() if within and shown.breach else None


def show_metric(namespace: str, name: str, threshold: float, interval: float) -> None:
    """Export what a monitor's readings are held against, and the seconds between two."""
    shown = MONITORS.of((namespace, name))
    shown.threshold, shown.interval = threshold, interval


def show_reading(namespace: str, name: str, time: float, value: float | None, bounds: Bounds | None = None) -> None:
    """Export a reading; one that is no value leaves the last one, but for its time."""
    shown = MONITORS.of((namespace, name))
    shown.read = time
    if value is not None:
        shown.value, (shown.low, shown.high) = value, bounds or (None, None)


def show_runs(namespace: str, name: str, runs: RunsShown) -> None:
    """Export a monitor's runs."""
    MONITORS.of((namespace, name)).runs = runs


def show_drift(namespace: str, name: str, ratio: float | None) -> None:
    """Export the drift of a monitor's inputs."""
    MONITORS.of((namespace, name)).drift = ratio


def forget_monitor(namespace: str, name: str) -> None:
    """Drop the series of a monitor that is gone."""
    MONITORS.forget((namespace, name))
