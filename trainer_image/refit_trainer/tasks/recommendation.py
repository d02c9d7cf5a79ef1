"""The next item for a user, from a history of items: a causal transformer over item ids.

As SASRec (W.-C. Kang and J. McAuley, "Self-Attentive Sequential Recommendation", ICDM 2018), with the cross-entropy
over all items; any decoder that AutoModelForCausalLM knows. Items that a model doesn't know yet are added when it is
trained.
"""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally, Task
from refit_trainer.tasks.components.batches import predict_in_batches
from refit_trainer.tasks.components.vocabulary import FIRST, PADDING, Vocabulary
from refit_trainer.training.compute import pick_device

BATCH = 256  # histories predicted at once
TOP_K = 10  # items in a prediction
IGNORED_LABEL = -100  # a label that the loss leaves out


class Recommendation(Task):
    """The task `recommendation`: `items` (a history, oldest first) to the ten likeliest for `next`."""

    roles = ColumnRoles(required=("items", "next"))
    input = "items"
    truth = "next"
    has_one_answer = False  # after the same history each user goes on in a way of their own
    metrics: Mapping[str, bool] = {"hit_at_10": True, "ndcg_at_10": True}

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Return the items; a folder without any has never been trained."""
        vocabulary = Vocabulary.read(folder, 1)
        return tuple(vocabulary.item(number) for number in range(FIRST, len(vocabulary))) or None

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with a history."""
        if not isinstance(value, list) or not value:
            return f"items is {value!r:.60}, not a list of items"
        return next((f"items has {item!r}, not an item" for item in value if not _is_item(item)), None)

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with the next item; one that the model doesn't know yet is right."""
        return None if _is_item(value) else f"next is {value!r}, not an item"

    def check_pair(self, value: Any, truth: Any) -> str | None:
        """Find nothing: any item may come next."""
        return None

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return the next item."""
        return [str(truth)]

    def example(self) -> list[str]:
        """Return a history."""
        return ["an item that no model knows"]

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load the network; items of the rows that it doesn't know get untrained embeddings."""
        with refusing_model(folder):
            config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            vocabulary = Vocabulary.read(folder, getattr(config, "max_position_embeddings", None) or 50)
            network = _load_network(folder)
            added = vocabulary.add(item for row in rows for item in (*row.values["items"], row.values["next"]))
            if added:
                network.resize_token_embeddings(len(vocabulary))
        if len(vocabulary) == FIRST or network.config.vocab_size != len(vocabulary):
            raise BadInput(f"{folder} has {network.config.vocab_size} embeddings for {len(vocabulary)} items")
        return LoadedModel(network.to(pick_device()), vocabulary, (), folder=folder)

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Keep so many of the newest items."""
        model.processor.length = min(length, model.processor.length)

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write safetensors, configuration and items."""
        model.network.save_pretrained(folder)
        model.processor.save_pretrained(folder)

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return histories with the next item at their end: every item is learnt from those before it."""
        sequences = [model.processor.encode([*row.values["items"], row.values["next"]]) for row in rows]
        return [{"input_ids": numbers} for numbers in sequences]

    def collator(self, model: LoadedModel) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
        """Pad each batch to its own longest history; padding and unknown items are left out of the loss."""

        def collate(encoded: list[dict[str, Any]]) -> dict[str, Any]:
            inputs = _pad([row["input_ids"] for row in encoded])
            return {**inputs, "labels": inputs["input_ids"].masked_fill(inputs["input_ids"] < FIRST, IGNORED_LABEL)}

        return collate

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Count the histories of which the oldest items are left out."""
        return sum(len(row.values["items"]) > model.processor.length for row in rows)

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Prediction]:
        """Predict in batches of histories of like length."""
        histories = [model.processor.encode(row.values["items"]) for row in rows]
        return predict_in_batches(model.network, histories, len, BATCH, lambda some: _predict_batch(model, some))

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Count a prediction as right where the next item is among the ten."""
        return Tally(float(_rank(prediction, truth) is None))

    def agrees(self, answer: Any, other: Any, tolerance: float) -> bool:
        """Return whether two models recommend the same item first."""
        return str(answer[0]) == str(other[0])

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return the share of predictions with the next item among the ten, and NDCG@10: 1/log2(1 + its place)."""
        ranks = [_rank(prediction.value, row.values["next"]) for row, prediction in zip(rows, predictions, strict=True)]
        gains = [1 / math.log2(2 + rank) for rank in ranks if rank is not None]
        return {"hit_at_10": len(gains) / len(rows), "ndcg_at_10": sum(gains) / len(rows)}


def _is_item(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool) and str(value) != ""


def _rank(prediction: Any, truth: Any) -> int | None:
    """Return the place of the true item in a prediction, from 0; None where it isn't there."""
    items = [str(item) for item in prediction] if isinstance(prediction, list) else []
    return items.index(str(truth)) if str(truth) in items else None


def _load_network(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, local_files_only=True, trust_remote_code=False
    )


def _pad(sequences: Sequence[Sequence[int]]) -> dict[str, Any]:
    longest = max(map(len, sequences))
    numbers = torch.tensor([[*sequence, *[PADDING] * (longest - len(sequence))] for sequence in sequences])
    return {"input_ids": numbers, "attention_mask": (numbers != PADDING).long()}


def _predict_batch(model: LoadedModel, histories: Sequence[Sequence[int]]) -> list[Prediction]:
    inputs = {name: tensor.to(model.network.device) for name, tensor in _pad(histories).items()}
    places, own = (inputs["attention_mask"].sum(dim=1) - 1).unique(return_inverse=True)
    last = _logits_at(model.network, inputs, places)[torch.arange(len(histories)), own].float()
    last[:, :FIRST] = -math.inf
    scores, numbers = last.softmax(dim=-1).topk(min(TOP_K, last.shape[1] - FIRST))
    return [
        Prediction([model.processor.item(number) for number in row], total)
        for row, total in zip(numbers.tolist(), scores.sum(dim=1).clamp(max=1).tolist(), strict=True)
    ]


def _logits_at(network: Any, inputs: dict[str, Any], places: Any) -> Any:
    """Return the logits at these positions: those at the others would be as large as all items, and unused."""
    if "logits_to_keep" in inspect.signature(network.forward).parameters:
        return network(**inputs, logits_to_keep=places).logits
    return network(**inputs).logits[:, places]


TASK = Recommendation()
