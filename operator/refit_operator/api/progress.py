"""How far training is, as in a run's status."""

from datetime import datetime, timedelta

from pydantic import Field

from refit_operator.api.base import GROUP, ApiModel
from refit_operator.api.durations import Duration, format_duration

PROGRESS_AUDIENCE = f"{GROUP}/progress"
PROGRESS_CA_ANNOTATION = f"{GROUP}/progress-ca"


class RunProgress(ApiModel):
    """What the training pod last reported."""

    percentage: int | None = Field(default=None, ge=0, le=100, description="Per cent of the training that is done.")
    estimated_remaining: Duration | None = Field(default=None, description="The trainer's own guess of what is left.")
    metrics: dict[str, str] = Field(default={}, description="Metrics by name, such as loss.")
    pod: str = Field(default="", description="Name of the pod that reported.")
    time: datetime = Field(description="When the report came.")

    def describe(self) -> str:
        """Return it in short, empty where nothing is known."""
        done = "" if self.percentage is None else f"{self.percentage} %"
        left = self.estimated_remaining
        remaining = f"about {format_duration(timedelta(seconds=round(left.total_seconds())))} left" if left else ""
        return ", ".join(part for part in (done, remaining) if part)
