"""The series of every monitor: a few numbers each in memory, and made into samples when they are asked for.

A labelled gauge of prometheus-client costs a kilobyte, and a monitor has more than ten of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.monitor import ModelMonitorStatus

Name = tuple[str, str]
"""Namespace and name of a monitor."""
_LABELS = ("namespace", "monitor")
_KINDS = tuple(ConditionType)
_NUMBERS = {
    "value": ("refit_monitor_value", "The last reading that was a value."),
    "evidence": (
        "refit_monitor_evidence",
        "How strongly a ratio's outcomes said, when its monitor was last reconciled, that it is on the wrong side of "
        "its threshold; absent where none count.",
    ),
    "needed": ("refit_monitor_evidence_needed", "The evidence that makes a breach, by metric.falseRuns."),
    "drift": (
        "refit_monitor_drift",
        "The last reading of spec.drift: drift of the inputs as a ratio of its limit; absent where it is no value.",
    ),
}


@dataclass(slots=True)
class _Shown:
    """What is shown of a monitor; None is no series."""

    value: float | None = None
    evidence: float | None = None
    needed: float | None = None
    drift: float | None = None
    conditions: tuple[bool | None, ...] = ()
    """Whether each of all kinds is True."""


class Monitors(Collector):
    """What is shown of all monitors."""

    def __init__(self) -> None:
        self._shown: dict[Name, _Shown] = {}

    def __len__(self) -> int:
        return len(self._shown)

    def of(self, name: Name) -> _Shown:
        """Return what is shown of a monitor."""
        return self._shown.setdefault(name, _Shown())

    def forget(self, name: Name) -> None:
        """Show nothing of a monitor."""
        self._shown.pop(name, None)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the samples of all monitors."""
        shown = list(self._shown.items())
        for field, (name, text) in _NUMBERS.items():
            family = GaugeMetricFamily(name, text, labels=_LABELS)
            for labels, one in shown:
                if (number := getattr(one, field)) is not None:
                    family.add_metric(labels, number)
            yield family
        yield _conditions(shown)


def _conditions(shown: list[tuple[Name, _Shown]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily("refit_monitor_condition", "1 while True, 0 otherwise.", labels=(*_LABELS, "condition"))
    for labels, one in shown:
        for kind, is_true in zip(_KINDS, one.conditions, strict=False):
            if is_true is not None:
                family.add_metric((*labels, kind), is_true)
    return family


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
    found = (find(status.conditions, kind) for kind in _KINDS)
    shown.conditions = tuple(None if condition is None else condition.status == "True" for condition in found)


def show_value(namespace: str, name: str, value: float) -> None:
    """Export a reading."""
    MONITORS.of((namespace, name)).value = value


def show_drift(namespace: str, name: str, ratio: float | None) -> None:
    """Export the drift of a monitor's inputs."""
    MONITORS.of((namespace, name)).drift = ratio


def forget_monitor(namespace: str, name: str) -> None:
    """Drop the series of a monitor that is gone."""
    MONITORS.forget((namespace, name))
