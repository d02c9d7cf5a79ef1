"""Text to one of a few labels: sentiment, topics. Any encoder that AutoModelForSequenceClassification knows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import AutoModelForSequenceClassification

from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel
from refit_trainer.tasks.components.batches import by_row
from refit_trainer.tasks.components.classification import WEIGHED, Batch, Classification
from refit_trainer.tasks.components.processors import check_vocabulary, ensure_padding, load_tokenizer
from refit_trainer.tasks.components.text_length import find_length
from refit_trainer.tasks.components.texts import EXAMPLE, check_text


class TextClassification(Classification):
    """The task `text-classification`."""

    roles = ColumnRoles(required=("text", "label"), optional=WEIGHED)
    input = "text"
    plural = "texts"
    head = "ForSequenceClassification"
    network = AutoModelForSequenceClassification

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with a text."""
        return check_text(value)

    def example(self) -> str:
        """Return a sentence."""
        return EXAMPLE

    def load_processor(self, folder: Path, network: Any) -> Any:
        """Load the tokenizer, which cuts at what the network takes."""
        tokenizer = load_tokenizer(folder)
        ensure_padding(folder, tokenizer, network)
        check_vocabulary(folder, tokenizer, network)
        tokenizer.model_max_length = find_length(network, tokenizer, self.example())
        return tokenizer

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Cut at so many tokens; the tokenizer is saved with it."""
        model.processor.model_max_length = min(length, model.processor.model_max_length)

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Count the texts that have more tokens than are kept."""
        texts = [row.values["text"] for row in rows]
        limit = model.processor.model_max_length
        return sum(len(ids) > limit for ids in model.processor(texts, verbose=False)["input_ids"])

    def size_of(self, value: Any) -> float:
        """Return the text's length in characters."""
        return len(value)

    def encode_inputs(self, model: LoadedModel, values: Sequence[Any]) -> list[Batch]:
        """Tokenize, cut at the model's length."""
        return by_row(model.processor(list(values), truncation=True))

    def pad(self, model: LoadedModel, inputs: list[Batch]) -> Any:
        """Pad to the longest."""
        return model.processor.pad(inputs, return_tensors="pt")


TASK = TextClassification()
