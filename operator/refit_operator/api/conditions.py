"""Every condition, and how a set of them is kept. Conditions are positive: True is good.

Stalled is an exception, as kstatus has it: it is there only while true. DriftSuspected is one, too.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from refit_operator.api.base import ApiModel


class ConditionType(StrEnum):
    """The conditions of both kinds."""

    READY = "Ready"
    METRIC_AVAILABLE = "MetricAvailable"
    WITHIN_THRESHOLD = "WithinThreshold"
    RETRAIN_SUCCEEDED = "RetrainSucceeded"
    SERVING_UP_TO_DATE = "ServingUpToDate"
    RETRAIN_ALLOWED = "RetrainAllowed"
    DRIFT_SUSPECTED = "DriftSuspected"
    STALLED = "Stalled"
    TRAINED = "Trained"
    ACCEPTED = "Accepted"
    SHADOWED = "Shadowed"
    PROMOTED = "Promoted"
    CONFIRMED = "Confirmed"
    FINISHED = "Finished"


class Condition(ApiModel):
    """A condition as Kubernetes has them (metav1.Condition)."""

    type: str = Field(max_length=316, description="Type of the condition.")
    status: Literal["True", "False", "Unknown"] = Field(
        description="True is good, save for DriftSuspected and Stalled."
    )
    reason: str = Field(min_length=1, max_length=1024, description="The reason, in CamelCase.")
    message: str = Field(default="", max_length=32768, description="The reason in a sentence, with numbers.")
    last_transition_time: datetime = Field(description="When the status last changed.")
    observed_generation: int | None = Field(default=None, description="The generation of the spec it was made from.")


def find(conditions: tuple[Condition, ...], kind: ConditionType) -> Condition | None:
    """Return the condition of that type, None where there is none."""
    return next((condition for condition in conditions if condition.type == kind), None)


def is_true(conditions: tuple[Condition, ...], kind: ConditionType) -> bool:
    """Return whether the condition is there and True."""
    found = find(conditions, kind)
    return found is not None and found.status == "True"


def merge(old: tuple[Condition, ...], new: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return `new`, with the transition times of those whose status is as it was in `old`."""
    return tuple(_keep_transition(old, condition) for condition in new)


def _keep_transition(old: tuple[Condition, ...], condition: Condition) -> Condition:
    before = next((c for c in old if c.type == condition.type), None)
    if before is None or before.status != condition.status:
        return condition
    return condition.model_copy(update={"last_transition_time": before.last_transition_time})
