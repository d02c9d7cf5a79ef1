"""REFIT_CONFIG, as docs/contract.md writes it: the edge where JSON becomes types.

Keys that this image doesn't know are ignored, so that an older image works under a newer operator; what it does know
must be right, and everything wrong is named at once.
"""

import re
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from refit_trainer.contract.errors import BadInput

Uri = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*://.+")]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(min_length=1)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ModelRef(_Document):
    """A model folder and, where it is known, the digest that it must have."""

    uri: Uri
    digest: Digest | None = None


class Dataset(_Document):
    """How to read rows, and which of them."""

    format: Name = "jsonl"
    columns: dict[Name, Name] = Field(default_factory=dict)
    recent: Annotated[int, Field(gt=0)] | None = None
    replay: Annotated[float, Field(ge=0, le=0.9)] = 0
    """Share of the rows used that are drawn from those before the recent ones."""
    new_labels: Literal["Refuse", "Extend"] = Field(default="Refuse", alias="newLabels")
    """Whether a label that the model's head hasn't got is refused, or becomes a class of it."""
    min_rows_per_new_label: Annotated[int, Field(gt=0)] = Field(default=20, alias="minRowsPerNewLabel")
    """Distinct inputs that a label has to have for that."""

    @property
    def extends(self) -> bool:
        """Whether labels may be new."""
        return self.new_labels == "Extend"

    @model_validator(mode="after")
    def _has_old_rows(self) -> "Dataset":
        if self.replay and not self.recent:
            raise ValueError(f"replay={self.replay} needs recent: without it every row is used")
        return self


class TrainDataset(Dataset):
    """The rows to learn from; the trainer never sees the holdout."""

    train: Uri
    class_weights: Literal["None", "Balanced"] = Field(default="None", alias="classWeights")
    """Balanced: every class counts alike in the loss, however many rows it has."""


class HoldoutDataset(Dataset):
    """The rows to judge on, where each counts alike: a column of weights is the training's."""

    holdout: Uri

    @field_validator("columns")
    @classmethod
    def _without_weights(cls, columns: dict[str, str]) -> dict[str, str]:
        return {role: column for role, column in columns.items() if role != "weight"}


class Generation(_Document):
    """How answers are generated to be judged."""

    max_new_tokens: Annotated[int, Field(gt=0, le=32768)] = Field(default=64, alias="maxNewTokens")
    temperature: Annotated[float, Field(ge=0, le=2)] = 0
    """0: greedy."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    answer_pattern: str = Field(default="", alias="answerPattern")
    """A regular expression that finds the answer in what is generated and in the truth."""

    @field_validator("answer_pattern")
    @classmethod
    def _is_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return pattern


class Gate(_Document):
    """The part of the gate that the judge needs: the metric of the differences and slices, and how sure to be."""

    metric: Name
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    max_slice_drop: Annotated[float, Field(ge=0)] | None = Field(default=None, alias="maxSliceDrop")
    max_known_drop: Annotated[float, Field(ge=0)] = Field(default=0, alias="maxKnownDrop")
    """With new labels: the loss that is allowed on rows of labels that the served model knows."""
    uses: dict[Digest, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    """How many gates asked a holdout before, by its digest."""
    generation: Generation | None = None
    """How answers are generated; None: as by default where the metric needs any."""


class Run(_Document):
    """The run that the command belongs to."""

    name: Name
    uid: Name
    ordinal: int = 1


class TrainConfig(_Document):
    """The configuration of `refit-train`."""

    task: Name
    start_from: ModelRef = Field(alias="startFrom")
    dataset: TrainDataset
    hyperparameters: dict[str, str] = Field(default_factory=dict)
    output: Uri
    keep: Annotated[int, Field(gt=0)] | None = None
    protect: tuple[Uri, ...] = ()
    refused: dict[Digest, Name] = Field(default_factory=dict)
    """The runs that a gate refused and that would be refused again, by their fingerprint."""
    run: Run


class JudgeConfig(_Document):
    """The configuration of `refit-judge`."""

    task: Name
    candidate: ModelRef
    served: ModelRef | None = None
    dataset: HoldoutDataset
    gate: Gate
    may_be_unchanged: bool = Field(default=False, alias="mayBeUnchanged")
    """Whether `train` may have published nothing, because a run that was refused had the same start and rows."""
    run: Run


Config = TypeVar("Config", bound=BaseModel)


def parse_config(text: str, kind: type[Config]) -> Config:
    """Parse REFIT_CONFIG; raise BadInput that names every wrong field and its value."""
    if not text.strip():
        raise BadInput("REFIT_CONFIG is empty")
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise BadInput(f"REFIT_CONFIG: {describe(error)}") from None


def describe(error: ValidationError) -> str:
    """Describe on one line what pydantic found: field=value: reason."""
    return "; ".join(
        f"{'.'.join(map(str, found['loc'])) or 'document'}={_shown(found['input'])}: {found['msg']}"
        for found in error.errors(include_url=False)
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
