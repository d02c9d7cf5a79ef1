"""The body of a report, Kubeflow Trainer's `{"trainerStatus": {…}}`, held to its bounds. Pure."""

import math
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from refit_operator.api.progress import RunProgress
from refit_operator.api.words import clean

LARGEST_BODY = 64 * 1024
LONGEST = timedelta(hours=9999)
"""Longer estimates are cut: what a trainer guesses in its first step may be anything."""
KEPT_METRICS = 16
"""The first so many go into the run's status."""
LONGEST_NAME = 63


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="ignore")


class _Metric(_Part):
    name: str
    value: str | float = Field(union_mode="left_to_right")


class _TrainerStatus(_Part):
    progress_percentage: int | None = Field(default=None, ge=0, le=100)
    estimated_remaining_seconds: float | None = Field(default=None, ge=0)
    metrics: list[_Metric] | None = Field(default=None, max_length=256)


class _Body(_Part):
    trainer_status: _TrainerStatus


def parse_report(body: bytes, pod: str, now: datetime) -> RunProgress | None:
    """Return a pod's report as of now, None where it is malformed. The pod's own clock isn't believed."""
    try:
        status = _Body.model_validate_json(body).trainer_status
    except ValidationError:
        return None
    seconds = status.estimated_remaining_seconds
    return RunProgress(
        percentage=status.progress_percentage,
        estimated_remaining=None if seconds is None else _bounded(seconds),
        metrics=_numbers(status.metrics or []),
        pod=pod,
        time=now,
    )


def _bounded(seconds: float) -> timedelta:
    return timedelta(seconds=round(min(seconds, LONGEST.total_seconds())))


def _numbers(metrics: list[_Metric]) -> dict[str, str]:
    """Return the metrics that are finite numbers, written short: nothing else may get into a status."""
    found = [(clean(metric.name), _number(metric.value)) for metric in metrics if _is_name(metric.name)]
    finite = [(name, f"{value:.6g}") for name, value in found if value is not None and math.isfinite(value)]
    return dict(finite[:KEPT_METRICS])


def _is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and name.isprintable()


def _number(value: str | float) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
