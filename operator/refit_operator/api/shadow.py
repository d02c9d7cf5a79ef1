"""A candidate that answers a copy of live requests before it serves: what is asked of it, and what is recorded."""

from datetime import datetime, timedelta

from pydantic import ConfigDict, Field

from refit_operator.api.base import ApiModel, rules
from refit_operator.api.durations import Duration

SHADOW_SUFFIX = "-shadow"
"""Of the Deployment and the Service of a shadow, after the target's name."""
LONGEST_TARGET = 56
"""Characters of a target's name: a Service's has 63 at most."""


def shadow_name(target: str) -> str:
    """Return the name of the Deployment and the Service of a target's shadow."""
    return f"{target}{SHADOW_SUFFIX}"


class ShadowSpec(ApiModel):
    """What a candidate has to show on copies of live requests, after the gate and before the promotion."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("duration(self.__for__) >= duration('10s')", "for must be at least 10s"),
            ("duration(self.__for__) <= duration('24h')", "for must be at most 24h"),
        )
    )

    for_: Duration = Field(
        default=timedelta(minutes=10), alias="for", description="How long it answers copies, from when it is ready."
    )
    min_agreement: float = Field(
        ge=0, le=1, description="The share of its answers that must be the served model's; a failed one is none."
    )
    max_latency_ratio: float = Field(
        default=2.0,
        gt=0,
        le=1000,
        description="How many times as long as the served model it may take, on average, for the same requests.",
    )
    min_answers: int = Field(
        default=100, ge=1, le=1_000_000, description="With fewer answers that were compared it isn't promoted."
    )


class ShadowRecord(ApiModel):
    """A run's shadow, recorded before anything of it is made."""

    start_time: datetime = Field(description="When it was decided; serving.rolloutDeadline counts from here.")
    ready_time: datetime | None = Field(default=None, description="When its pod was ready; for counts from here.")
    refused: str | None = Field(
        default=None, max_length=32768, description="Why the API server doesn't let it be made."
    )
