"""Entities in texts: the words that tags are of, the schemes of stock models, what counts as found."""

import json
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction, Tally, find_task
from refit_trainer.tasks.components.tags import Span, labels_of, new_tags, read_tags, split_words, write_tags
from tests.support.trainer.models import ROBERTA, SIZE, make_byte_tokenizer, make_tokenizer

TASK = find_task("token-classification")
TWO = [Span("PER", 0, 0), Span("PER", 1, 3), Span("LOC", 5, 6)]
SCHEMES = {
    "IOB2": (["O", "B-PER", "I-PER", "B-LOC", "I-LOC"], "B-PER B-PER I-PER I-PER O B-LOC I-LOC"),
    "IOBES": (
        ["O", *(f"{place}-{label}" for label in ("PER", "LOC") for place in "BIES")],
        "S-PER B-PER I-PER E-PER O B-LOC E-LOC",
    ),
    "BILOU": (
        ["O", *(f"{place}-{label}" for label in ("PER", "LOC") for place in "BILU")],
        "U-PER B-PER I-PER L-PER O B-LOC L-LOC",
    ),
}


def entity(label: str, start: int, end: int, **more: Any) -> dict[str, Any]:
    return {"label": label, "start": start, "end": end, **more}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_tags_of_each_scheme_say_what_was_meant(scheme: str) -> None:
    tags, written = SCHEMES[scheme]
    assert " ".join(write_tags(TWO, 7, tags)) == written
    assert read_tags(written.split()) == TWO
    assert labels_of(tags) == ("PER", "LOC")


def test_bare_names_run_together() -> None:
    tags = ["O", "PER", "LOC"]
    assert write_tags(TWO, 7, tags) == ["PER"] * 4 + ["O"] + ["LOC"] * 2
    assert read_tags(["PER"] * 4 + ["O"] + ["LOC"] * 2) == [Span("PER", 0, 3), Span("LOC", 5, 6)]
    assert labels_of(["O", "B-", "E-mail", "X-ray", "PER"]) == ("B-", "mail", "X-ray", "PER")


def test_an_entity_that_only_goes_on_begins_there() -> None:
    assert read_tags(["I-PER", "I-PER", "O", "I-LOC", "I-PER"]) == [
        Span("PER", 0, 1),
        Span("LOC", 3, 3),
        Span("PER", 4, 4),
    ]
    assert new_tags(("LOC", "PER")) == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("O'Neil met Zoë.", ["O", "'", "Neil", "met", "Zoë", "."]),
        ("東京へ行く iPhone買う", ["東", "京", "へ", "行", "く", "iPhone", "買", "う"]),
        ("a\tb\n\n c", ["a", "b", "c"]),
    ],
    ids=["punctuation", "no blanks", "blanks"],
)
def test_words(text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in split_words(text)] == words


def make_tagger(folder: Path, tags: list[str], kind: str = "Roberta") -> Path:
    """Write a tiny untrained model of an architecture that has such tags."""
    import torch
    import transformers

    folder.mkdir(parents=True)
    tokenizer = make_tokenizer(folder, **ROBERTA) if kind == "Roberta" else make_byte_tokenizer(folder)
    torch.manual_seed(0)
    names = {"id2label": dict(enumerate(tags)), "label2id": {tag: number for number, tag in enumerate(tags)}}
    more = {"max_position_embeddings": 34} if kind == "Roberta" else {"num_key_value_heads": 2, "eos_token_id": 0}
    config = getattr(transformers, f"{kind}Config")(vocab_size=len(tokenizer), **SIZE, **names, **more)
    getattr(transformers, f"{kind}ForTokenClassification")(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", ["Roberta", "Qwen2"])
def test_a_word_has_the_tag_of_its_first_token(kind: str, tmp_path: Path) -> None:
    model = TASK.load(make_tagger(tmp_path / "model", SCHEMES["IOBES"][0], kind))
    assert model.labels == ("PER", "LOC")
    row = Row({"text": "the film is good.", "entities": [entity("PER", 4, 8), entity("LOC", 9, 17)]})
    (encoded,) = TASK.encode(model, [row])
    names = [model.network.config.id2label[number] for number in encoded["labels"] if number >= 0]
    assert names == ["O", "S-PER", "B-LOC", "I-LOC", "E-LOC"]
    if kind == "Qwen2":  # a token is a byte
        assert len(encoded["input_ids"]) == len(encoded["labels"]) > 15


def test_what_is_answered_does_not_depend_on_the_batch(tmp_path: Path) -> None:
    model = TASK.load(make_tagger(tmp_path / "model", SCHEMES["IOB2"][0]))
    texts = ["good", "the film is good . " * 5, "a first film"]
    together = TASK.predict(model, [Row({"text": text}) for text in texts])
    alone = [TASK.predict(model, [Row({"text": text})])[0] for text in texts]
    assert [one.score for one in together] == pytest.approx([one.score for one in alone], abs=5e-3)
    for text, one in zip(texts, together, strict=True):
        assert all(text[found["start"] : found["end"]] == found["text"] for found in one.value)


def test_blanks_at_an_entitys_ends_are_no_part_of_it() -> None:
    row = Row({"text": "in Rome now", "entities": [entity("LOC", 2, 8)]})
    found = [Prediction([entity("LOC", 3, 7, score=0.9)], 0.9)]
    assert TASK.measure([row], found) == {"f1": 1, "precision": 1, "recall": 1}


def test_rates_are_over_the_entities_of_all_texts() -> None:
    """Found: 2 of 3 true ones; made up: one with a wrong bound, one of the wrong label."""
    rows = [
        Row({"text": "a b c d", "entities": [entity("x", 0, 1), entity("x", 2, 3)]}),
        Row({"text": "a b c d", "entities": [entity("y", 4, 7)]}),
        Row({"text": "a b c d", "entities": []}),
    ]
    answers = [[entity("x", 0, 1), entity("x", 2, 3)], [entity("y", 4, 5)], [entity("x", 0, 1)]]
    measured = TASK.measure(rows, [Prediction(value, 0.5) for value in answers])
    assert measured == pytest.approx({"precision": 2 / 4, "recall": 2 / 3, "f1": 4 / 7})


@pytest.mark.parametrize(("answer", "value"), [([], 1.0), ([entity("x", 0, 1)], 0.0)], ids=["none", "one"])
def test_where_there_is_nothing_to_find(answer: list[Any], value: float) -> None:
    measured = TASK.measure([Row({"text": "a b", "entities": []})], [Prediction(answer, 1.0)])
    assert measured == {"f1": value, "precision": value, "recall": value}


@pytest.mark.parametrize(
    ("answer", "truth", "tally"),
    [
        ([], [], Tally(0, 1)),
        ([entity("x", 0, 1)], [entity("x", 0, 1)], Tally(0, 1)),
        ([entity("x", 0, 1)], [entity("y", 0, 1)], Tally(2, 2)),
        ([entity("x", 0, 1), entity("y", 2, 3)], [entity("x", 0, 1)], Tally(1, 2)),
        ([], [entity("x", 0, 1), entity("y", 2, 3)], Tally(2, 2)),
    ],
)
def test_errors_are_entities_on_one_side_alone(answer: list[Any], truth: list[Any], tally: Tally) -> None:
    assert TASK.tally(answer, truth) == tally


def test_a_model_without_a_tag_for_other_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps({"architectures": ["BertForTokenClassification"], "id2label": {"0": "NOUN", "1": "VERB"}})
    )
    with pytest.raises(BadInput, match=r"no label in config\.json is 'O'.*NOUN, VERB"):
        TASK.known_labels(tmp_path)


def test_rows_without_any_entity_make_no_head(tmp_path: Path) -> None:
    from tests.support.trainer.task_cases import make_bert

    with pytest.raises(BadInput, match="no entity whose label it could learn"):
        TASK.load(make_bert(tmp_path / "bert"), [Row({"text": "a", "entities": []})])
