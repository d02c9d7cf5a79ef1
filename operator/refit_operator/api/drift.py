"""Drift of a model's inputs, seen without a label: a warning, and never a reason for a run."""

from pydantic import ConfigDict, Field

from refit_operator.api.base import ApiModel, rules, section
from refit_operator.api.durations import Duration
from refit_operator.api.metric import Breaches, Direction, MetricSpec

LIMIT = 1.0
"""Of the query's value, which is a ratio of its limit."""
_YEAR = "duration('8784h')"


class DriftSpec(ApiModel):
    """A query that says how foreign the inputs are to the model; labels alone say whether it answers them well."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("!has(self.interval) || duration(self.interval) >= duration('1s')", "interval must be at least 1s"),
            (f"!has(self.interval) || duration(self.interval) <= {_YEAR}", "interval must be at most 8784h"),
        )
    )

    query: str = Field(
        min_length=1,
        max_length=1024,
        description="PromQL that gives one number: the drift of the inputs as a ratio of its limit, so that above 1 is "
        'drift. For example avg(refit_serve_input_drift_ratio{app="reviews"}). Variables as in metric.query.',
    )
    interval: Duration | None = Field(
        default=None, description="Time between readings. Default: the longest range in the query, or a minute."
    )
    breaches: Breaches = section(Breaches, "How many of the newest readings above 1 are a warning.")

    @property
    def metric(self) -> MetricSpec:
        """What is read of it, as a metric is."""
        return MetricSpec(
            name="drift", query=self.query, threshold=LIMIT, direction=Direction.ABOVE, interval=self.interval
        )
