"""Only the rows of the word embedding that texts use are trained, and the weights are those of training them all."""

import json
import logging
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModel,
    AutoModelForSequenceClassification,
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    EncoderDecoderConfig,
    EncoderDecoderModel,
    ResNetConfig,
    ResNetForImageClassification,
)

from refit_trainer.commands.train import train
from refit_trainer.contract.errors import Stopped
from refit_trainer.tasks.components.vocabulary import PADDING, UNKNOWN, Vocabulary
from refit_trainer.training import hardware, vocabulary
from refit_trainer.training.vocabulary import UsedRows, training_used_rows
from tests.support.trainer.commands import train_config
from tests.support.trainer.stopping import stop_after

SETTINGS = {"learning_rate": "5e-3", "batch_size": "16", "epochs": "2", "weight_decay": "0.1"}
EARLY = SETTINGS | {"early_stopping": "2", "early_stopping_share": "0.2"}
MANY = 5000
SIZE = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}


@pytest.fixture(autouse=True)
def fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    """In bf16, two sums that differ in their last bit end in weights that differ in their third digit."""
    monkeypatch.setattr(hardware, "is_bf16_fast", lambda: False)


@pytest.fixture(scope="module")
def large(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny BERT with a vocabulary of which the texts use little."""
    folder = tmp_path_factory.mktemp("large") / "model"
    network = AutoModel.from_pretrained(tiny)
    torch.manual_seed(1)
    network.resize_token_embeddings(MANY)
    network.save_pretrained(folder)
    for file in tiny.glob("tokenizer*"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return dict(AutoModelForSequenceClassification.from_pretrained(folder).state_dict())


def assert_same(one: Path, other: Path) -> None:
    expected = weights_of(other)
    for name, weight in weights_of(one).items():
        torch.testing.assert_close(
            weight, expected[name], rtol=1e-4, atol=1e-6, msg=lambda text, name=name: f"{name}: {text}"
        )


def config(start: Path, rows: Path, output: Path, settings: dict[str, str] = SETTINGS) -> str:
    return json.dumps(train_config(start, rows, output, hyperparameters=settings))


@pytest.mark.parametrize("settings", [SETTINGS, EARLY], ids=["plain", "early stopping"])
def test_the_weights_are_those_of_training_all_rows(
    large: Path,
    train_rows: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    settings: dict[str, str],
) -> None:
    caplog.set_level(logging.INFO)
    train(config(large, train_rows, tmp_path / "some", settings))
    assert "train.vocabulary used=" in caplog.text and f"of={MANY}" in caplog.text
    caplog.clear()
    monkeypatch.setattr(vocabulary, "MOST_USED", 0)
    train(config(large, train_rows, tmp_path / "all", settings))
    assert "train.vocabulary" not in caplog.text
    assert_same(tmp_path / "some", tmp_path / "all")
    before = weights_of(large)["bert.embeddings.word_embeddings.weight"]
    after = weights_of(tmp_path / "some")["bert.embeddings.word_embeddings.weight"]
    assert after.shape == before.shape
    unused = (after / before - (after / before)[-1]).abs().amax(dim=1) < 1e-5
    assert unused.sum() > MANY / 2 and 0 < (after / before)[-1].mean() < 1


def test_stopped_again_and_again_it_ends_with_the_same_weights(
    large: Path, train_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config(large, train_rows, tmp_path / "whole", EARLY))
    stop_after(monkeypatch, 7)
    stops = 0
    while not (tmp_path / "parts").exists():
        try:
            train(config(large, train_rows, tmp_path / "parts", EARLY))
        except Stopped:
            stops += 1
    assert stops > 1
    assert_same(tmp_path / "parts", tmp_path / "whole")


def test_a_state_that_was_trained_with_other_rows_is_left_alone(
    large: Path, train_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As one of a version that trained all rows: its optimizer has other shapes, and each attempt would end there."""
    caplog.set_level(logging.INFO)
    train(config(large, train_rows, tmp_path / "whole"))
    with monkeypatch.context() as patched:
        patched.setattr(vocabulary, "MOST_USED", 0)
        stop_after(patched, 7)
        with pytest.raises(Stopped):
            train(config(large, train_rows, tmp_path / "parts"))
    train(config(large, train_rows, tmp_path / "parts"))
    assert "state.ignored" in caplog.text and "other rows of the word embedding" in caplog.text
    assert_same(tmp_path / "parts", tmp_path / "whole")


def test_a_padding_that_isnt_in_use_keeps_no_other_row_from_learning() -> None:
    rows = UsedRows(torch.nn.Embedding(10, 4, padding_idx=0), [3, 7])
    rows.train()(torch.tensor([[3, 7]])).sum().backward()
    torch.testing.assert_close(rows.weight.grad, torch.ones(2, 4))


def test_a_network_whose_setter_knows_no_place_is_trained_all_the_same() -> None:
    """EncoderDecoderModel gives its encoder's embedding and can't set it."""
    part = BertConfig(vocab_size=100, **SIZE)
    model = EncoderDecoderModel(EncoderDecoderConfig.from_encoder_decoder_configs(part, part))
    with training_used_rows(model, EXAMPLES, ()):
        assert model.encoder.embeddings.word_embeddings.weight.shape[0] == 5  # padding, and four tokens
    assert type(model.encoder.embeddings.word_embeddings) is torch.nn.Embedding


def test_a_recommenders_padding_is_among_what_batches_have() -> None:
    assert Vocabulary(["film"], 5).all_special_ids == (PADDING, UNKNOWN)


def test_what_is_asked_meanwhile_is_answered_from_all_rows() -> None:
    whole = torch.nn.Embedding(10, 4, padding_idx=0)
    rows = UsedRows(whole, [0, 3, 7])
    asked = torch.tensor([[0, 3, 5], [7, 9, 0]])
    torch.testing.assert_close(rows.eval()(asked), whole(asked))
    with pytest.raises(IndexError):  # another row would learn in its place
        rows.train()(asked)
    rows.decay([{"params": [rows.weight], "lr": 0.1, "weight_decay": 0.5}, {"params": [], "lr": 1, "weight_decay": 1}])
    torch.testing.assert_close(rows.eval()(asked)[0, 2], whole.weight[5] * 0.95)


def network(kind: type = BertForSequenceClassification, **size: int) -> torch.nn.Module:
    made: torch.nn.Module = kind(BertConfig(vocab_size=100, **SIZE | size))
    made.train()
    return made


EXAMPLES = [{"input_ids": [1, 2, 3]}, {"input_ids": [1, 4]}]


def test_special_tokens_learn_as_well() -> None:
    model = network()
    with training_used_rows(model, EXAMPLES, [0, 50]):
        assert model.get_input_embeddings().weight.shape[0] == 6
        model.get_input_embeddings()(torch.tensor([50]))
    assert type(model.get_input_embeddings()) is torch.nn.Embedding


def test_all_rows_learn_where_they_are_an_output_layers_or_most_are_used() -> None:
    frozen = network()
    frozen.get_input_embeddings().weight.requires_grad_(False)
    many = [{"input_ids": list(range(60))}]
    for model, examples in (
        (network(BertForMaskedLM), EXAMPLES),
        (frozen, EXAMPLES),
        (network(), many),
        (network(), [{"pixel_values": [1]}]),
        (torch.nn.Linear(2, 2), EXAMPLES),
    ):
        with training_used_rows(model, examples, []) as callbacks:
            assert not callbacks


@pytest.mark.parametrize("example", [{"pixel_values": 0}, {"input_ids": [1]}])
def test_a_network_without_word_embeddings_is_trained_as_it_is(example: dict[str, object]) -> None:
    """transformers raises for a ResNet, whatever is asked of it."""
    config = ResNetConfig(embedding_size=4, hidden_sizes=[4], depths=[1])
    with training_used_rows(ResNetForImageClassification(config), [example], ()) as callbacks:
        assert callbacks == []
