"""What a promotion is compared with, as it is recorded on the run."""

from datetime import datetime

from pydantic import Field

from refit_operator.api.base import ApiModel


class Differences(ApiModel):
    """By how much neighbouring windows differ: what tells how many outcomes come together."""

    number: int = Field(description="How many were compared.")
    mean: float = Field(description="Mean of the squared differences; 1 is that of independent outcomes.")
    square: float = Field(description="Mean of the squares of these.")


class Baseline(ApiModel):
    """What the replaced model had in service: the side of before, in the verification."""

    value: float = Field(description="The share of the outcomes, or the median of the readings of a query.")
    readings: int = Field(description="How many readings had a value.")
    good: int | None = Field(default=None, description="Good outcomes; absent where outcomes aren't counted.")
    total: int | None = Field(default=None, description="Outcomes; absent where they aren't counted.")
    good_since_trigger: int | None = Field(default=None, description="Of these, those since the run was triggered.")
    total_since_trigger: int | None = Field(
        default=None,
        description="Likewise. The others were chosen for being low: no confirmation rests on them.",
    )
    differences: Differences | None = Field(
        default=None,
        description="Of a ratio, by how much neighbouring windows of the replaced model differ, before the drop, too. "
        "Absent where none were compared.",
    )
    repeats: float | None = Field(
        default=None,
        description="How many outcomes come together by what several windows show; absent where it is no more.",
    )
    since: datetime = Field(description="When the first of these readings began.")
    until: datetime = Field(description="When the last one ended.")
