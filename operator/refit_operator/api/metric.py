"""What a model is judged by: the query, the threshold, and how many readings make a breach."""

from datetime import timedelta
from enum import StrEnum
from typing import Self

from pydantic import ConfigDict, Field, model_validator

from refit_operator.api.base import ApiModel, rules, section
from refit_operator.api.durations import Duration, format_duration


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
        description="PromQL that counts them, for example sum(increase(refit_serve_predictions_judged_total[10m])).",
    )
    count: float = Field(ge=1, description="A value with fewer behind it is no reading but TooFewSamples.")


class Ratio(ApiModel):
    """Two counters whose increases the metric is the ratio of; those of all series that match are added up."""

    good: str = Field(
        min_length=1,
        max_length=448,
        description="One series selector of the counter of what the metric is the share of: right predictions, or "
        'errors where direction is Above. For example refit_serve_predictions_correct_total{app="reviews"}.',
    )
    total: str = Field(
        min_length=1,
        max_length=448,
        description="Likewise, of the counter of all judged predictions, these among them.",
    )
    repeats: int = Field(
        default=1,
        ge=1,
        le=10000,
        description="How many outcomes are known to come together with the same answer, as one label for ten equal "
        "requests: so many count as one. It is measured, too, and the larger counts.",
    )


class FalseRuns(ApiModel):
    """How many runs may start although nothing is wrong, at the threshold exactly; above it there are far fewer."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("duration(self.per) >= duration('1h')", "per must be at least 1h"),
            ("duration(self.per) <= duration('87840h')", "per must be at most 87840h"),
        )
    )

    at_most: int = Field(default=1, ge=1, le=1000, description="So many on average.")
    per: Duration = Field(default=timedelta(days=30), description="In so much time.")


DEFAULT_WINDOW = timedelta(minutes=5)
_YEAR = "duration('8784h')"
_COUNTED = "(has(self.ratio) || has(self.samples))"
_RECOVER = "self.direction == 'Below' ? self.recoverAt >= self.threshold : self.recoverAt <= self.threshold"


class MetricSpec(ApiModel):
    """A PromQL query that gives one number, or the ratio of two counters, and the threshold it is held against."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (f"!has(self.recoverAt) || ({_RECOVER})", "recoverAt must be on the good side of threshold"),
            ("!has(self.maxAge) || duration(self.maxAge) >= duration('1s')", "maxAge must be at least 1s"),
            ("!has(self.interval) || duration(self.interval) >= duration('1s')", "interval must be at least 1s"),
            (f"!has(self.maxAge) || duration(self.maxAge) <= {_YEAR}", "maxAge must be at most 8784h"),
            (f"!has(self.interval) || duration(self.interval) <= {_YEAR}", "interval must be at most 8784h"),
            ("has(self.query) != has(self.ratio)", "give exactly one of query and ratio"),
            ("has(self.ratio) || !has(self.window)", "window goes with ratio; with query it is interval"),
            (
                "has(self.ratio) || has(self.samples) || !has(self.falseRuns)",
                "falseRuns goes with ratio or samples; without, it is breaches",
            ),
            ("has(self.query) || !has(self.samples)", "samples goes with query; a ratio's outcomes are counted"),
            ("has(self.query) || !has(self.interval)", "interval goes with query; with ratio it is window"),
            ("has(self.query) || !has(self.minSamples)", "minSamples goes with query; a ratio's outcomes are counted"),
            (f"!{_COUNTED} || self.threshold > 0.0", "the threshold of a ratio must be above 0"),
            (f"!{_COUNTED} || self.threshold < 1.0", "the threshold of a ratio must be below 1"),
            ("!has(self.window) || duration(self.window) >= duration('1s')", "window must be at least 1s"),
            ("!has(self.window) || duration(self.window) <= duration('24h')", "window must be at most 24h"),
        )
    )

    name: str = Field(default="accuracy", max_length=63, description="The metric's name in conditions and Events.")
    query: str | None = Field(
        default=None,
        min_length=1,
        max_length=1024,
        description="PromQL that gives one number, for example the share of correct predictions over ten minutes. "
        "In label values $(name), $(namespace), $(target) and $(digest) stand for the monitor's name and namespace, "
        "its target's name, and the digest of the checkpoint in service.",
    )
    samples: str | None = Field(
        default=None,
        min_length=1,
        max_length=1024,
        description="PromQL that counts the outcomes that the query's value is the share of, over the same time, for "
        "example sum(increase(refit_serve_predictions_judged_total[10m])). It is then decided by falseRuns, as of a "
        "ratio.",
    )
    ratio: Ratio | None = Field(
        default=None,
        description="Instead of a query: two counters, which the operator asks for itself. It then knows how many "
        "outcomes stand behind a reading, and decides by falseRuns. Variables as in query.",
    )
    window: Duration | None = Field(
        default=None,
        description="The time whose outcomes make one reading of a ratio; readings follow one another without a gap. "
        "At least four scrape intervals. Default: 5m.",
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
    breaches: Breaches = section(Breaches, "How many of the newest readings make a breach. With ratio, falseRuns does.")
    false_runs: FalseRuns | None = Field(
        default=None,
        description="What makes a breach of outcomes: as much evidence as there is for nothing so often at most. "
        "Default: at most one in 720h.",
    )
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

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.query is None) == (self.ratio is None):
            raise ValueError("give exactly one of query and ratio")
        if self.is_counted and not 0 < self.threshold < 1:
            raise ValueError("the threshold of a ratio must lie between 0 and 1")
        return self

    @property
    def promql(self) -> str:
        """The query, or one of the ratio's value: it has the ratio's grid, range and series. Counts are asked apart."""
        if self.ratio is None:
            return self.query or ""
        window = format_duration(self.window or DEFAULT_WINDOW)
        return f"sum(increase({self.ratio.good}[{window}])) / sum(increase({self.ratio.total}[{window}]))"

    @property
    def is_counted(self) -> bool:
        """Whether it is known how many outcomes stand behind a reading, so that evidence decides."""
        return self.ratio is not None or self.samples is not None

    @property
    def known_repeats(self) -> int:
        """How many outcomes are known to come together."""
        return self.ratio.repeats if self.ratio else 1

    @property
    def allowed_false_runs(self) -> FalseRuns:
        """How many false runs are allowed of counted outcomes."""
        return self.false_runs or FalseRuns()

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
