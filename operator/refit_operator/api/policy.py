"""How often runs may start, and what must hold before one does."""

from datetime import timedelta
from enum import StrEnum

from pydantic import ConfigDict, Field

from refit_operator.api.base import ApiModel, rules, section
from refit_operator.api.durations import Duration


class Mode(StrEnum):
    """What the operator may do by itself."""

    OBSERVE = "Observe"
    APPROVE = "Approve"
    AUTO = "Auto"


class MaxRuns(ApiModel):
    """The budget: so many runs in so much time."""

    model_config = ConfigDict(
        json_schema_extra=rules(("duration(self.per) >= duration('1m')", "per must be at least 1m"))
    )

    count: int = Field(default=3, ge=1, le=100, description="How many runs may start in that time.")
    per: Duration = Field(default=timedelta(hours=24), description="The time, looking back from now.")


class PolicySpec(ApiModel):
    """How often runs may start."""

    cooldown: Duration = Field(
        default=timedelta(hours=1), description="Time between the end of one run and the start of the next."
    )
    max_runs: MaxRuns = section(MaxRuns, "The most runs that may start in a time; requested runs count.")
    give_up_after: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Runs in a row that didn't restore the metric to recoverAt, after which no more are started. "
        "A change of the spec, or a requested run, resets the count.",
    )


class Guard(ApiModel):
    """A query that must hold before a run starts."""

    model_config = ConfigDict(
        json_schema_extra=rules(("has(self.atLeast) != has(self.atMost)", "give exactly one of atLeast and atMost"))
    )

    name: str = Field(
        pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63, description="Name of the guard, for messages."
    )
    query: str = Field(
        min_length=1, max_length=1024, description="PromQL that gives one number; without a value the guard fails."
    )
    at_least: float | None = Field(default=None, description="The guard fails below this.")
    at_most: float | None = Field(default=None, description="The guard fails above this.")
