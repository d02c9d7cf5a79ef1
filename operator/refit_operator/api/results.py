"""What a run reports: of its training and of its gate."""

from pydantic import Field

from refit_operator.api.base import ApiModel
from refit_operator.api.training import Better


class ModelResult(ApiModel):
    """One model on the holdout."""

    digest: str = Field(default="", description="SHA-256 over the model's files.")
    metrics: dict[str, str] = Field(default={}, description="Metrics by name.")


class DifferenceResult(ApiModel):
    """The candidate's value less the served model's, with its bounds."""

    value: str = Field(description="The difference on these rows.")
    low: str = Field(description="The lower bound.")
    high: str = Field(description="The upper bound.")
    confidence: str = Field(description="The confidence of each bound.")
    method: str = Field(description="How the bounds were found.")
    differing: int | None = Field(default=None, description="Rows that one model alone has right.")


class SliceDifference(ApiModel):
    """The bounds of a difference on a slice, with the confidence of those on all rows."""

    low: str = Field(description="The lower bound.")
    high: str = Field(description="The upper bound.")
    p: str | None = Field(
        default=None, description="The p-value of the claim that the slice loses no more than gate.maxSliceDrop."
    )


class SliceResult(ApiModel):
    """Both models on one slice of the holdout, in the gate's metric."""

    candidate: str = Field(description="The candidate's value.")
    served: str | None = Field(default=None, description="The served model's value.")
    rows: int = Field(description="Rows of the slice.")
    difference: SliceDifference | None = Field(
        default=None, description="The bounds of the candidate's value less the served model's."
    )


class NewLabelsResult(ApiModel):
    """The rows of the holdout whose labels the served model doesn't know."""

    count: int = Field(description="How many labels it doesn't know.")
    names: list[str] = Field(default=[], description="The first of them.")
    rows: int = Field(description="Rows with one of them: wrong answers of the served model.")
    left_out: int = Field(
        default=0, description="Rows that weren't judged, since fewer than minRowsPerNewLabel inputs have their labels."
    )
    known: SliceResult | None = Field(default=None, description="Both models on the other rows, in the gate's metric.")


class GateResult(ApiModel):
    """The gate's metric of both models."""

    metric: str = Field(description="Name of the metric, gate.metric.")
    candidate: str | None = Field(
        default=None, description="The candidate's value, rounded to be shown; absent where it isn't reported."
    )
    served: str | None = Field(
        default=None, description="The served model's value, rounded to be shown; absent where there is none."
    )
    direction: Better | None = Field(
        default=None, description="The better side, as the judge reports it; absent where it doesn't."
    )
    difference: DifferenceResult | None = Field(
        default=None,
        description="The candidate's value less the served model's; absent where the judge gives no bounds.",
    )


class RunResult(ApiModel):
    """What trainer and judge reported."""

    checkpoint: str = Field(default="", description="The candidate, pvc://claim/path@digest.")
    training_rows: int | None = Field(default=None, description="Rows it was trained on.")
    training_seconds: str | None = Field(default=None, description="Seconds that the training took.")
    fingerprint: str | None = Field(
        default=None,
        description="SHA-256 over what the training depends on: start, rows, hyperparameters. Absent: not told.",
    )
    unchanged: str | None = Field(
        default=None,
        description="The refused run that had the same start, rows and hyperparameters, so that nothing was trained.",
    )
    candidate: ModelResult | None = Field(default=None, description="The candidate on the holdout.")
    served: ModelResult | None = Field(default=None, description="The served model on the same rows.")
    gate: GateResult | None = Field(default=None, description="The gate's metric of both.")
    slices: dict[str, SliceResult] = Field(default={}, description="The same, by slice.")
    new_labels: NewLabelsResult | None = Field(
        default=None, description="What the served model doesn't know; absent where it knows every label."
    )
    holdout_rows: int | None = Field(default=None, description="Rows of the holdout.")
    holdout_distinct: int | None = Field(
        default=None,
        description="Distinct inputs among them, which gate.minRows counts. Absent: not told.",
    )
    holdout_digest: str | None = Field(default=None, description="SHA-256 over its rows. Absent: not told.")
    holdout_use: int | None = Field(
        default=None, description="How many gates of the monitor asked this very holdout, with this one."
    )
    slice_count: int | None = Field(default=None, description="Slices judged, also those left out of the report.")
    images: dict[str, str] = Field(
        default={}, description="Image that train and judge ran, by digest, as the node names it."
    )
