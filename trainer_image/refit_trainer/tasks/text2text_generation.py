"""Texts to texts: translation, summaries, spelling. T5, BART and any other that AutoModelForSeq2SeqLM knows."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import DataCollatorForSeq2Seq

from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally, Task
from refit_trainer.tasks.components.answer_match import is_same
from refit_trainer.tasks.components.batches import by_row, predict_in_batches
from refit_trainer.tasks.components.processors import check_vocabulary, ensure_padding, load_tokenizer
from refit_trainer.tasks.components.text_length import find_length
from refit_trainer.tasks.components.texts import EXAMPLE, check_text
from refit_trainer.tasks.components.translation import (
    allow_answers_of,
    has_decoder_head,
    load_seq2seq,
    measure_texts,
    write_answers,
)
from refit_trainer.training.compute import pick_device

BATCH = 16  # texts answered at once
Batch = dict[str, Any]


class Text2TextGeneration(Task):
    """The task `text2text-generation`: `text` to `target`, another text."""

    roles = ColumnRoles(required=("text", "target"))
    input = "text"
    truth = "target"
    has_one_answer = True
    learns_head = False
    """Answers are tokens that the model knows: an adapted one keeps its head."""
    metrics: Mapping[str, bool] = {"exact_match": True, "chrf": True}

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Return no label for a model that writes text, None for one without a head for it."""
        return () if has_decoder_head(folder) else None

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with a text."""
        return check_text(value)

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with the text that is wanted."""
        return check_text(value, self.truth)

    def check_pair(self, value: Any, truth: Any) -> str | None:
        """Find nothing: any text may have any answer."""
        return None

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return nothing: a text isn't made up of labels."""
        return []

    def example(self) -> str:
        """Return a sentence."""
        return EXAMPLE

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load network and tokenizer; with rows to learn from, answers may get as long as theirs."""
        with refusing_model(folder):
            network = load_seq2seq(folder, has_head=self.known_labels(folder) is not None)
            tokenizer = load_tokenizer(folder)
            ensure_padding(folder, tokenizer, network)
            check_vocabulary(folder, tokenizer, network)
            tokenizer.model_max_length = find_length(network.get_encoder(), tokenizer, self.example())
            allow_answers_of(network, tokenizer, [row.values["target"] for row in rows])
        return LoadedModel(network.to(pick_device()), tokenizer, (), folder=folder)

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Cut inputs at so many tokens; the tokenizer is saved with it."""
        model.processor.model_max_length = min(length, model.processor.model_max_length)

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write safetensors, configuration and tokenizer."""
        model.network.save_pretrained(folder)
        model.processor.save_pretrained(folder)

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[Batch]:
        """Return the tokens of both texts; a target is cut where no answer could be longer."""
        inputs = model.processor([row.values["text"] for row in rows], truncation=True)
        limit = model.network.generation_config.max_new_tokens
        targets = model.processor(text_target=[row.values["target"] for row in rows], truncation=True, max_length=limit)
        return [{**own, "labels": numbers} for own, numbers in zip(by_row(inputs), targets["input_ids"], strict=True)]

    def collator(self, model: LoadedModel) -> Callable[[list[Batch]], Batch]:
        """Pad each batch to its own longest texts; what is padded is left out of the loss."""
        collate: Callable[[list[Batch]], Batch] = DataCollatorForSeq2Seq(model.processor, model=model.network)
        return collate

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Count the texts that have more tokens than are kept."""
        texts = [row.values["text"] for row in rows]
        limit = model.processor.model_max_length
        return sum(len(ids) > limit for ids in model.processor(texts, verbose=False)["input_ids"])

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Prediction]:
        """Write answers, the likeliest token at each place; the score is their geometric mean probability.

        A batch isn't cut for its padding: most of the time goes into the tokens that are written, one after another.
        """
        texts = [row.values["text"] for row in rows]
        return predict_in_batches(model.network, texts, len, BATCH, lambda some: write_answers(model, some), 1)

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Count an answer as right where it is the same text, blanks aside."""
        return Tally(float(not is_same(str(prediction), str(truth))))

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return the share of answers that are the same text, and the mean chrF of all, from 0 to 1."""
        return measure_texts([str(one.value) for one in predictions], [str(row.values["target"]) for row in rows])


TASK = Text2TextGeneration()
