"""Texts to the entities in them: names, dates, places. Any encoder that AutoModelForTokenClassification knows."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from transformers import AutoModelForTokenClassification, DataCollatorForTokenClassification

from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally, Task
from refit_trainer.tasks.components.batches import by_row, predict_in_batches
from refit_trainer.tasks.components.entities import (
    check_entities,
    check_inside,
    count_found,
    measure_entities,
    read_entities,
)
from refit_trainer.tasks.components.heads import keep_last_layer_exact, load_network, read_labels
from refit_trainer.tasks.components.processors import check_vocabulary, ensure_padding, load_word_tokenizer
from refit_trainer.tasks.components.tags import (
    OUTSIDE,
    find_span,
    labels_of,
    new_tags,
    read_tags,
    split_words,
    write_tags,
)
from refit_trainer.tasks.components.text_length import find_length
from refit_trainer.tasks.components.texts import EXAMPLE, check_text
from refit_trainer.training.compute import pick_device

BATCH = 32  # texts searched at once
IGNORED_LABEL = -100  # of a token: the loss leaves it out
Batch = dict[str, Any]


class TokenClassification(Task):
    """The task `token-classification`: `text` to `entities`, a list of `{"label", "start", "end"}`, maybe empty."""

    roles = ColumnRoles(required=("text", "entities"))
    input = "text"
    truth = "entities"
    has_one_answer = True
    metrics: Mapping[str, bool] = {"f1": True, "precision": True, "recall": True}

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Return the entities' labels that the tags in config.json are made of; None where there is no head."""
        tags = read_labels(folder, "ForTokenClassification")
        if tags is not None and OUTSIDE not in tags:
            shown = ", ".join(tags)[:200]
            raise BadInput(f"{folder}: no label in config.json is {OUTSIDE!r}, that of words in no entity: {shown}")
        return None if tags is None else labels_of(tags)

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with a text."""
        return check_text(value)

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with the entities."""
        return check_entities(value, labels)

    def check_pair(self, value: Any, truth: Any) -> str | None:
        """Say which entities can't be in the text."""
        return check_inside(truth, value)

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return the entities' labels."""
        return [one.label for one in read_entities(truth)]

    def example(self) -> str:
        """Return a sentence."""
        return EXAMPLE

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load network and tokenizer; a new head gets the labels of the rows' entities in sorted order."""
        known = self.known_labels(folder)
        labels = known or tuple(sorted({one.label for row in rows for one in read_entities(row.values["entities"])}))
        if not labels:
            raise BadInput(f"{folder} has no head, and the rows have no entity whose label it could learn")
        tags = read_labels(folder, "ForTokenClassification") or new_tags(labels)
        with refusing_model(folder):
            network = load_network(AutoModelForTokenClassification, folder, tags, has_head=known is not None)
            tokenizer = load_word_tokenizer(folder)
            ensure_padding(folder, tokenizer, network)
            check_vocabulary(folder, tokenizer, network)
            tokenizer.model_max_length = find_length(network, tokenizer, self.example())
        keep_last_layer_exact(network, len(tags))
        return LoadedModel(network.to(pick_device()), tokenizer, labels, folder=folder)

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Cut at so many tokens; the tokenizer is saved with it."""
        model.processor.model_max_length = min(length, model.processor.model_max_length)

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write safetensors, configuration and tokenizer."""
        model.network.save_pretrained(folder)
        model.processor.save_pretrained(folder)

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[Batch]:
        """Return tokens, and for the first one of each word the number of its tag."""
        encoded, numbers = _tokenize(model, [row.values["text"] for row in rows]), _numbers_of_tags(model)
        return [
            {**tokens, "labels": _number_tokens(row, owners, numbers)}
            for row, (tokens, owners) in zip(rows, encoded, strict=True)
        ]

    def collator(self, model: LoadedModel) -> Callable[[list[Batch]], Batch]:
        """Pad each batch to its own longest text."""
        collate: Callable[[list[Batch]], Batch] = DataCollatorForTokenClassification(model.processor)
        return collate

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Count the texts of which words are left out, in which nothing is found."""
        texts = [row.values["text"] for row in rows]
        kept = _tokenize(model, texts)
        whole = _tokenize(model, texts, truncation=False, verbose=False)
        return sum(len(one[1]) < len(other[1]) for one, other in zip(kept, whole, strict=True))

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Prediction]:
        """Find the entities in the order of the text; the score is that of the word that the model is least sure of."""
        texts = [row.values["text"] for row in rows]
        return predict_in_batches(model.network, texts, len, BATCH, lambda some: _find(model, some))

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Count the entities on both sides; those on one side alone are errors."""
        found, true = read_entities(prediction), read_entities(truth)
        same = count_found(found, true).correct
        every = len(found) + len(true) - same
        return Tally(every - same, max(1, every))

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return F1, precision and recall over all entities."""
        true = [read_entities(row.values["entities"], row.values["text"]) for row in rows]
        return measure_entities([read_entities(prediction.value) for prediction in predictions], true)


def _tokenize(model: LoadedModel, texts: Sequence[str], **more: Any) -> list[tuple[Batch, list[int | None]]]:
    """Return each text's tokens, and of which of its words each token is the first one; None for all others."""
    words = [[text[start:end] for start, end in split_words(text)] for text in texts]
    encoded = model.processor(words, is_split_into_words=True, **({"truncation": True} | more))
    return [(own, _firsts(encoded.word_ids(i))) for i, own in enumerate(by_row(encoded))]


def _firsts(owners: Sequence[int | None]) -> list[int | None]:
    return [None if at and word == owners[at - 1] else word for at, word in enumerate(owners)]


def _numbers_of_tags(model: LoadedModel) -> dict[str, int]:
    return {tag: int(number) for number, tag in model.network.config.id2label.items()}


def _number_tokens(row: Row, owners: Sequence[int | None], numbers: Mapping[str, int]) -> list[int]:
    text = row.values["text"]
    words = split_words(text)
    entities = read_entities(row.values["entities"], text)
    spans = [span for one in entities for span in find_span(one.label, one.start, one.end, words)]
    tags = write_tags(spans, len(words), list(numbers))
    return [IGNORED_LABEL if word is None else numbers[tags[word]] for word in owners]


def _find(model: LoadedModel, texts: Sequence[str]) -> list[Prediction]:
    encoded, network = _tokenize(model, texts), model.network
    inputs = model.processor.pad([tokens for tokens, _ in encoded], return_tensors="pt", padding_side="right")
    logits = network(**{name: tensor.to(network.device) for name, tensor in inputs.items()}).logits.float()
    scores, best = (found.tolist() for found in logits.softmax(dim=-1).max(dim=-1))
    names = {number: tag for tag, number in _numbers_of_tags(model).items()}
    found = []
    for row, (text, (_, owners)) in enumerate(zip(texts, encoded, strict=True)):
        places = {word: at for at, word in enumerate(owners) if word is not None}
        words = split_words(text)
        tags = [names[best[row][places[word]]] if word in places else OUTSIDE for word in range(len(words))]
        sure = [scores[row][places[word]] if word in places else 1.0 for word in range(len(words))]
        found.append(Prediction(_write(text, words, tags, sure), min(sure, default=1.0)))
    return found


def _write(
    text: str, words: Sequence[tuple[int, int]], tags: Sequence[str], sure: Sequence[float]
) -> list[dict[str, Any]]:
    """Return the entities that tags say, each with its characters and its least sure word's probability."""
    entities = []
    for span in read_tags(tags):
        start, end = words[span.first][0], words[span.last][1]
        score = round(min(sure[span.first : span.last + 1]), 6)
        entities.append({"label": span.label, "start": start, "end": end, "text": text[start:end], "score": score})
    return entities


TASK = TokenClassification()
