"""What a model is judged by: the query, the threshold, and how many readings make a breach."""

from enum import StrEnum

from pydantic import ConfigDict, Field

from refit_operator.api.base import ApiModel, rules, section
from refit_operator.api.durations import Duration


class Direction(StrEnum):
    """The side of the threshold that is a breach."""

    BELOW = "Below"
    ABOVE = "Above"


class Breaches(ApiModel):
    """M of the last N readings."""

    model_config = ConfigDict(json_schema_extra=rules(("self.count <= self.outOf", "count must not exceed outOf")))

    count: int = Field(default=3, ge=1, le=50, description="How many of the last outOf readings must be in breach (M).")
    out_of: int = Field(default=5, ge=1, le=50, description="How many of the newest readings are considered (N).")


class Bounds(ApiModel):
    """The values that the metric can have."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("!has(self.min) || !has(self.max) || self.min <= self.max", "min must not exceed max"),
        )
    )

    min: float | None = Field(default=None, description="A smaller value is no reading but OutOfRange.")
    max: float | None = Field(default=None, description="A larger value is no reading but OutOfRange.")


class MinSamples(ApiModel):
    """How many judged predictions must stand behind a value."""

    query: str = Field(
        min_length=1,
        max_length=1024,
        description="PromQL that counts them, for example sum(increase(predictions_judged_total[10m])).",
    )
    count: float = Field(ge=1, description="A value with fewer behind it is no reading but TooFewSamples.")


_YEAR = "duration('8784h')"
_RECOVER = "self.direction == 'Below' ? self.recoverAt >= self.threshold : self.recoverAt <= self.threshold"


class MetricSpec(ApiModel):
    """A PromQL query that gives one number, and the threshold it is held against."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (f"!has(self.recoverAt) || ({_RECOVER})", "recoverAt must be on the good side of threshold"),
            ("!has(self.maxAge) || duration(self.maxAge) >= duration('1s')", "maxAge must be at least 1s"),
            ("!has(self.interval) || duration(self.interval) >= duration('1s')", "interval must be at least 1s"),
            (f"!has(self.maxAge) || duration(self.maxAge) <= {_YEAR}", "maxAge must be at most 8784h"),
            (f"!has(self.interval) || duration(self.interval) <= {_YEAR}", "interval must be at most 8784h"),
        )
    )

    name: str = Field(default="accuracy", max_length=63, description="The metric's name in conditions and Events.")
    query: str = Field(
        min_length=1,
        max_length=1024,
        description="PromQL that gives one number, for example the share of correct predictions over ten minutes. "
        "In label values $(name), $(namespace), $(target) and $(digest) stand for the monitor's name and namespace, "
        "its target's name, and the digest of the checkpoint in service.",
    )
    threshold: float = Field(description="The value whose crossing is a breach.")
    direction: Direction = Field(
        default=Direction.BELOW,
        description="The side of the threshold that is a breach: Below for accuracies, Above for error rates.",
    )
    interval: Duration | None = Field(
        default=None,
        description="Time between readings. Default: the longest range in the query, so that readings are independent.",
    )
    breaches: Breaches = section(Breaches, "How many of the newest readings make a breach.")
    recover_at: float | None = Field(
        default=None, description="The value that ends a breach (hysteresis). Default: the threshold."
    )
    bounds: Bounds = section(Bounds, "The values that the metric can have.")
    min_samples: MinSamples | None = Field(
        default=None, description="How many judged predictions must stand behind a value. Default: not checked."
    )
    max_age: Duration | None = Field(
        default=None,
        description="The newest sample behind a value may be this old, else it is no reading but Stale: give it more "
        "than the scrape interval. Default: not checked.",
    )

    def is_breached_by(self, value: float) -> bool:
        """Return whether the value is on the wrong side; the threshold itself is still good."""
        return value < self.threshold if self.below else value > self.threshold

    def is_recovered_by(self, value: float) -> bool:
        """Return whether the value ends a breach."""
        goal = self.threshold if self.recover_at is None else self.recover_at
        return value >= goal if self.below else value <= goal

    @property
    def below(self) -> bool:
        """True where a small value is the bad one."""
        return self.direction is Direction.BELOW
