"""What a model is for. A task is one file here with a `TASK`; `find_task` finds it by the file's name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from pydantic import BaseModel

from refit_trainer.contract.config import Dataset, Gate
from refit_trainer.contract.plugins import find_plugin
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row


@dataclass(slots=True)
class LoadedModel:
    """A model in memory: the network, what prepares its input (a tokenizer, an image processor), its label names."""

    network: Any
    processor: Any
    labels: tuple[str, ...]
    loss: Any = None
    """The loss of a batch, as the Trainer's `compute_loss_func`; None: the network's own loss."""
    folder: Path | None = None
    """Where it was loaded from, for messages."""
    scale: Any = None
    """The scale that its numbers are on while it learns (regression); None: the numbers themselves."""
    watch: Any = None
    """What says of each prediction where its input lies; None where no sketch is followed."""
    beside: Path | None = None
    """A folder whose contents are published with the model."""
    is_weighted: bool = False
    """Whether rows count differently in the loss."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model predicts for a row, as JSON can hold it, and its confidence from 0 to 1."""

    value: Any
    score: float
    by_question: Mapping[str, float] = field(default_factory=dict)
    """The score of each answer, where it answers several questions."""
    place: tuple[float, ...] = field(default=(), compare=False)
    """Where the input lies along the axes of the model's sketch, for whoever asked for it."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The errors of one prediction, of so many units: answers, words."""

    errors: float
    units: float = 1


class Task(Protocol):
    """What the trainer, the judge and the server need of a task.

    A value or a body here is that of most tasks; one that differs has its own.
    """

    roles: ColumnRoles
    input: str
    """The role of the model's input."""
    truth: str
    """The role of the true answer."""
    has_one_answer: bool
    """Whether an input has one true answer, so that of several the newest counts."""
    hyperparameters: type[BaseModel] | None = None
    """Those that the task adds to a method's own."""
    learns_head: bool = True
    """Whether what names its answers is learnt with an adapter."""
    encodes_together: bool = False
    """Whether what a row is encoded to depends on the rows beside it."""

    @property
    def metrics(self) -> Mapping[str, bool]:
        """Metric names, each with whether higher is better."""

    def as_trained(self, settings: Any) -> Self:
        """Return the task as its own hyperparameters want it."""
        return self

    def as_judged(self, dataset: Dataset, gate: Gate) -> Self:
        """Return the task as a gate wants it judged."""
        return self

    def as_served(self, max_new_tokens: int) -> Self:
        """Return the task as a server wants it, whose answers have so many tokens at most where they are generated."""
        return self

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Return the label names of a model folder, None where it has no head for this task."""

    def check_input(self, value: Any) -> str | None:
        """Return what is wrong with an input, None where nothing is."""

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Return what is wrong with a true answer; any label is right where `labels` is None."""

    def check_pair(self, value: Any, truth: Any) -> str | None:
        """Return what is wrong with a true answer to this very input, where each is right by itself."""

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return the labels that make up a true answer, as a model with these labels would write them."""

    def example(self) -> Any:
        """Return an input to try a model with."""

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load a model; one without a head for this task gets a new one for the labels of `rows`."""

    def size_of(self, value: Any) -> float:
        """Return how long an input is: those of like size are computed together; 0 where all are alike."""
        return 0

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Cut inputs at a length from here on, in service too; raise BadInput where inputs have none."""

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Return how many of the rows' inputs are longer than what the model is given of them."""

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write a model folder that `load` reads."""

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return the rows as the network's inputs, unpadded, with their labels."""

    def collator(self, model: LoadedModel) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
        """Return what makes a padded batch of encoded rows."""

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Prediction]:
        """Return a prediction for each row, in order; only the rows' inputs are used."""

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Return how wrong a prediction's value is."""

    def agrees(self, answer: Any, other: Any, tolerance: float) -> bool:
        """Return whether two models answer the same; numbers may be apart by that share of the larger one."""
        return not (self.tally(answer, other).errors or self.tally(other, answer).errors)

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return every metric of the predictions against the rows' true ones."""

    def unit(self, metric: str, rows: Sequence[Row], predictions: Sequence[Prediction]) -> float:
        """Return how much one input may count for in a metric; more than 1 where that isn't a share."""
        return 1.0

    def check_comparable(self, metric: str, one: Sequence[Prediction], other: Sequence[Prediction]) -> None:
        """Raise BadInput where two models' numbers in a metric can't be compared."""
        return


def find_task(name: str) -> Task:
    """Return the task of that name; raise BadInput with the known names."""
    found: Task = find_plugin(__name__, "task", name).TASK
    return found
