"""Reports of trainer and judge in their termination messages (docs/contract.md). A malformed one is no report."""

import json
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from refit_operator.api.training import Better
from refit_operator.api.words import clean
from refit_operator.run.rules.contract import TERMINATION_MESSAGE_BYTES

MOST_ROWS = 2**53 - 1
"""The largest whole number that any reader of JSON keeps as it is."""
Name = Annotated[str, AfterValidator(clean)]
"""A name that a container chose: it is in the run's status and in messages."""
DIGEST = "^sha256:[0-9a-f]{64}$"


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, populate_by_name=True)


class TrainReport(_Report):
    """The trainer published a checkpoint."""

    checkpoint: str
    digest: str = Field(pattern=DIGEST)
    fingerprint: str | None = Field(default=None, pattern=DIGEST)
    """A digest of all that the training depends on; None where the trainer doesn't tell."""
    rows: int = Field(ge=0, le=MOST_ROWS)
    seconds: float = Field(ge=0)
    metrics: dict[Name, float] = {}


class UnchangedReport(_Report):
    """The trainer found that a refused run had trained on the same; it published nothing."""

    unchanged: str = Field(pattern=DIGEST)
    """The fingerprint of that training."""


class JudgedModel(_Report):
    """One model on the holdout."""

    digest: str = Field(pattern=DIGEST)
    metrics: dict[Name, float]


class JudgedDifference(_Report):
    """The candidate's number less the served model's in the gate's metric, with the confidence of each bound."""

    value: float
    low: float
    high: float
    confidence: float = Field(ge=0.5, lt=1)
    method: Name
    differing: int | None = Field(default=None, ge=0, le=MOST_ROWS)

    @model_validator(mode="after")
    def _is_between(self) -> Self:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value:.6g} isn't between its bounds {self.low:.6g} and {self.high:.6g}")
        return self


class JudgedSliceDifference(_Report):
    """The bounds of a difference on one slice, with the confidence of those on all rows."""

    low: float
    high: float
    p: float | None = Field(default=None, ge=0, le=1)
    """The p-value of the claim that the slice loses no more than gate.maxSliceDrop."""


class JudgedSlice(_Report):
    """Both models on one slice, in the gate's metric."""

    candidate: float
    served: float | None = None
    rows: int = Field(ge=0, le=MOST_ROWS)
    difference: JudgedSliceDifference | None = None


class JudgedNewLabels(_Report):
    """The rows of labels that the served model doesn't know, and both models on the others."""

    count: int = Field(ge=0, le=MOST_ROWS)
    names: Annotated[list[Name], Field(max_length=20)] = []
    rows: int = Field(ge=0, le=MOST_ROWS)
    left_out: int = Field(default=0, alias="leftOut", ge=0, le=MOST_ROWS)
    known: JudgedSlice | None = None


class JudgedHoldout(_Report):
    """What the models were judged on."""

    digest: str = Field(pattern=DIGEST)


class HoldoutReport(_Report):
    """What a judge says that had no candidate to judge."""

    holdout: JudgedHoldout


class JudgeReport(_Report):
    """Candidate and served model on the same rows."""

    candidate: JudgedModel
    served: JudgedModel | None = None
    slices: dict[Name, JudgedSlice] = {}
    rows: int = Field(ge=0, le=MOST_ROWS)
    directions: dict[Name, Better] = {}
    """Which side of a metric is better; a metric that isn't in it has no direction reported."""
    distinct: int | None = Field(default=None, ge=0, le=MOST_ROWS)
    difference: JudgedDifference | None = None
    """In the gate's metric; None where the judge gives no bounds."""
    holdout: JudgedHoldout | None = None
    new_labels: JudgedNewLabels | None = Field(default=None, alias="newLabels")
    """Where labels may be new and the served model lacks some."""
    slice_count: int | None = Field(default=None, alias="sliceCount", ge=0, le=MOST_ROWS)
    """How many slices there are, with those that the report has no room for."""

    @property
    def evidence(self) -> int:
        """How many inputs were judged, each counted once; all rows where the judge doesn't tell."""
        return self.rows if self.distinct is None else min(self.distinct, self.rows)

    @property
    def evidence_text(self) -> str:
        """The same, in words."""
        rows = f"{self.rows} rows"
        return rows if self.evidence == self.rows else f"{self.evidence} distinct inputs in {rows}"


Report = TypeVar("Report", bound=_Report)
MISSING = "the termination message is empty"


def parse_report(kind: type[Report], message: str) -> Report | None:
    """Return the report in a termination message, None where it is missing or malformed."""
    try:
        return kind.model_validate_json(message)
    except ValidationError:
        return None


def flaw_of(kind: type[_Report], message: str) -> str:
    """Return what is wrong with the report in a termination message, empty where nothing is."""
    try:
        kind.model_validate_json(message)
    except ValidationError as error:
        if not message.strip():
            return MISSING
        if len(message.encode()) >= TERMINATION_MESSAGE_BYTES:
            return f"truncated at {TERMINATION_MESSAGE_BYTES} bytes, the most that Kubernetes keeps of it"
        first = error.errors(include_url=False)[0]
        return clean(f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": "))
    return ""


def parse_error(message: str) -> str:
    """Return the sentence in `{"error": "…"}`; of anything else the last line, which of a traceback is the error."""
    try:
        document = json.loads(message)
    except (ValueError, RecursionError):  # a message may be a thousand brackets
        document = None
    if isinstance(document, dict) and "error" in document:
        return clean(str(document["error"]))
    return clean(message.strip().rpartition("\n")[2])
