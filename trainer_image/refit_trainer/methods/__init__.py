"""How a model learns. A method is one file here with a `METHOD`; `find_method` finds it by the file's name."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.plugins import find_plugin
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.training.training_state import StateStore


class Hyperparameters(BaseModel):
    """The hyperparameters of every method; the strings of the configuration are parsed by these types."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    seed: int = Field(42, ge=0, lt=2**32)
    batch_size: int = Field(32, gt=0)
    max_length: int | None = Field(None, gt=1)
    """Tokens kept of a text, where the input is one; by default as many as the model takes."""
    save_dtype: Literal["float32", "bfloat16"] = "float32"
    """Number format of the checkpoint's weights; learning goes on in float32 whatever a model is kept in."""


class Method(Protocol):
    """What the trainer needs of a method."""

    hyperparameters: type[Hyperparameters]
    supports_distributed: bool
    """Whether several processes can train together by it, each on its share of every batch."""

    def accept(self, task: Task, is_trained: bool) -> ColumnRoles:
        """Return the columns that it learns from; raise BadInput where it can't work with the task or the model.

        `is_trained` says whether the model has a head for the task.
        """

    def train(
        self, task: Task, model: LoadedModel, rows: Sequence[Row], settings: Any, states: StateStore
    ) -> dict[str, float]:
        """Train the model in place and return the training's own metrics; `settings` are its hyperparameters.

        One that takes long saves its states in `states`, and resumes from the one found there.
        """


ONLY = {"tabular-classification": "boosting"}
"""The tasks whose models learn by one method alone."""


def name_method(task: str, given: str | None) -> str:
    """Return the name of the method, `full` where none is given; raise BadInput where the task can't learn by it."""
    only = ONLY.get(task)
    if only and given not in (None, only):
        raise BadInput(f"hyperparameters.method={given!r}: {task} learns by {only!r} alone")
    return given or only or "full"


def find_method(name: str) -> Method:
    """Return the method of that name; raise BadInput with the known names."""
    found: Method = find_plugin(__name__, "hyperparameters.method", name).METHOD
    return found
