"""A prompt to its answer: supervised fine-tuning of any decoder that AutoModelForCausalLM knows.

The rows are chat messages, or a prompt and its completion; the loss is on answers alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch
from pydantic import BaseModel, ConfigDict, Field
from transformers import AutoModelForCausalLM

from refit_trainer.contract.config import Dataset, Gate, Generation
from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally, Task
from refit_trainer.tasks.components import packing
from refit_trainer.tasks.components.answer_metrics import (
    GENERATED,
    METRICS,
    Judging,
    judge_rows,
    measure,
    serve_rows,
    tally,
    unit,
)
from refit_trainer.tasks.components.conversations import ROLES, check_messages
from refit_trainer.tasks.components.heads import check_whole, has_head, read_config
from refit_trainer.tasks.components.likelihood import collate
from refit_trainer.tasks.components.processors import OFFLINE, check_vocabulary, ensure_padding, load_tokenizer
from refit_trainer.tasks.components.text_length import find_length
from refit_trainer.tasks.components.tokens import Example, cut, encode_row
from refit_trainer.training.compute import pick_device

HEADS = ("ForCausalLM", "LMHeadModel")
GREEDY = Generation()
Batch = dict[str, Any]


class Hyperparameters(BaseModel):
    """What this task adds to a method's hyperparameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    packing: int = Field(0, ge=0)
    """Tokens of the packs that short rows are joined to; 0: each row is by itself, padded."""


@dataclass(frozen=True)
class TextGeneration(Task):
    """The task `text-generation`."""

    packing: int = 0
    judging: Judging | None = None
    """How answers are judged; None where they are served: then the answer is what is generated."""
    generation: Generation = GREEDY
    """How answers are generated in service."""
    roles = ROLES
    input = "prompt"
    truth = "completion"
    has_one_answer = False  # a prompt may have many good answers
    hyperparameters = Hyperparameters
    learns_head = False  # the words that a model can write are those that it knows
    encodes_together = True  # a chat may be several sequences, and a pack has several rows

    @property
    def metrics(self) -> Mapping[str, bool]:
        """The metrics that are measured, each with whether higher is better; all that there are, unless judged."""
        return {name: METRICS[name] for name in self.judging.metrics} if self.judging else METRICS

    def as_trained(self, settings: Any) -> Self:
        """Return the task as these hyperparameters want it."""
        return replace(self, packing=settings.packing)

    def as_judged(self, dataset: Dataset, gate: Gate) -> Self:
        """Return the task with what a gate asks for; raise BadInput for a metric that can't be measured so."""
        has_choices = "choices" in dataset.columns
        if gate.metric == "choice_accuracy" and not has_choices:
            raise BadInput("gate.metric='choice_accuracy' needs dataset.columns.choices: the answers to choose from")
        how = gate.generation or (Generation() if gate.metric in GENERATED else None)
        if gate.metric == "regex_match" and not (how and how.answer_pattern):
            raise BadInput("gate.metric='regex_match' needs gate.generation.answerPattern, which finds the answer")
        return replace(self, judging=Judging(gate.metric, how, has_choices))

    def as_served(self, max_new_tokens: int) -> Self:
        """Return the task with answers of so many tokens at most."""
        return replace(self, generation=Generation(maxNewTokens=max_new_tokens))

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Return no label: a decoder's answers are texts; None for a model that isn't one."""
        return () if has_head(read_config(folder), HEADS) else None

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with a prompt, a text or messages."""
        if isinstance(value, str):
            return None if value.strip() else "prompt is empty"
        return check_messages(value, "prompt")

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with a completion."""
        if not isinstance(value, str):
            return f"completion is {value!r:.60}, not text"
        return None if value.strip() else "completion is empty"

    def check_pair(self, value: Any, truth: Any) -> str | None:
        """Find nothing: any prompt may have any completion."""
        return None

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return no label."""
        return []

    def example(self) -> str:
        """Return a prompt."""
        return "The first call is the slow one."

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load network and tokenizer in float32; raise BadInput for a folder that isn't a decoder."""
        if self.known_labels(folder) is None:
            raise BadInput(f"{folder} isn't a decoder: config.json names no architecture that ends in {HEADS[0]}")
        with refusing_model(folder):
            network = _load_network(folder)
            tokenizer = load_tokenizer(folder)
            ensure_padding(folder, tokenizer, network)
            check_vocabulary(folder, tokenizer, network)
            tokenizer.model_max_length = find_length(network, tokenizer, self.example())
        return LoadedModel(network.to(pick_device()), tokenizer, (), folder=folder)

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Cut sequences at so many tokens; the tokenizer is saved with it."""
        model.processor.model_max_length = min(length, model.processor.model_max_length)

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Count the rows of which a sequence is longer than the model takes."""
        limit = model.processor.model_max_length
        return sum(any(len(one) > limit for one in encode_row(model.processor, row)) for row in rows)

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write safetensors, configuration and tokenizer, its chat template included."""
        model.network.save_pretrained(folder)
        model.processor.save_pretrained(folder)

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[Batch]:
        """Return sequences with their labels, packed where that is wanted; there may be more or fewer than rows."""
        limit, tokenizer = model.processor.model_max_length, model.processor
        examples = [cut(one, tokenizer, limit) for row in rows for one in encode_row(tokenizer, row)]
        if not self.packing:
            return [{"input_ids": list(one.ids), "labels": list(one.labels)} for one in examples]
        packing.check_separate(model.network, examples)
        packs = packing.pack([len(one) for one in examples], self.packing)
        return [packing.join([examples[i] for i in sorted(places)]) for places in packs]

    def collator(self, model: LoadedModel) -> Callable[[list[Batch]], Batch]:
        """Pad each batch to its own longest sequence, or pack."""
        padding = model.processor.pad_token_id
        if self.packing:
            return lambda encoded: packing.collate_packs(encoded, padding)
        return lambda encoded: collate(
            [Example(tuple(one["input_ids"]), tuple(one["labels"])) for one in encoded], padding
        )

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Prediction]:
        """Answer; where it is judged, weigh the rows' own answers too."""
        return judge_rows(model, rows, self.judging) if self.judging else serve_rows(model, rows, self.generation)

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Return the errors of a prediction's value in the gate's metric; in service, whether it is the true text."""
        return tally(prediction, truth, self.judging)

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return every metric that the judge asks for."""
        if self.judging is None:
            raise ValueError("a served answer is counted, not measured")
        return measure(rows, predictions, self.judging)

    def unit(self, metric: str, rows: Sequence[Row], predictions: Sequence[Prediction]) -> float:
        """Return how much one input may count for in a metric."""
        return unit(metric, predictions)

    def check_comparable(self, metric: str, one: Sequence[Prediction], other: Sequence[Prediction]) -> None:
        """Raise BadInput where the numbers of two models can't be compared: their tokens aren't the same."""
        counts = [[prediction.value["tokens"] for prediction in found] for found in (one, other)]
        if metric in ("loss", "perplexity") and counts[0] != counts[1]:
            raise BadInput(
                f"gate.metric={metric!r}: candidate and served model divide the answers into different tokens "
                f"({sum(counts[0])} and {sum(counts[1])}), and {metric} is by token: use bits_per_byte"
            )


def _load_network(folder: Path) -> Any:
    network, found = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **OFFLINE
    )
    check_whole(folder, found["missing_keys"])
    return network


TASK = TextGeneration()
