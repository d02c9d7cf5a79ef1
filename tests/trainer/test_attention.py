"""A training's attention: another way to the same weights."""

import json
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    EncoderDecoderConfig,
    EncoderDecoderModel,
)
from transformers import DistilBertForSequenceClassification as DistilBert

from refit_trainer.commands.train import train
from refit_trainer.training import attention, hardware
from refit_trainer.training.attention import training_attention
from tests.support.trainer.commands import train_config

SIZE = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8, "vocab_size": 9}


def way_of(network: torch.nn.Module) -> str:
    with training_attention(network):
        return str(network.config._attn_implementation)


def test_one_that_drops_weights_trains_step_by_step_and_serves_by_the_fused_one() -> None:
    network = BertForSequenceClassification(BertConfig(**SIZE))
    assert way_of(network) == "eager"
    assert network.config._attn_implementation == "sdpa"
    distilled = DistilBert(DistilBertConfig(dim=8, n_layers=1, n_heads=1, hidden_dim=8, vocab_size=9))
    assert way_of(distilled) == "eager"


def test_one_that_drops_none_trains_by_the_fused_one() -> None:
    assert way_of(BertForSequenceClassification(BertConfig(**SIZE, attention_probs_dropout_prob=0.0))) == "sdpa"


def test_what_was_chosen_stays() -> None:
    network = BertForSequenceClassification(BertConfig(**SIZE))
    network.set_attn_implementation("eager")
    with training_attention(network):
        pass
    assert network.config._attn_implementation == "eager"


def test_one_with_a_part_that_knows_no_fused_attention_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """transformers refuses to set the fused one again there. The part is changed here: such are code of their own."""
    decoder = BertConfig(**SIZE, is_decoder=True, add_cross_attention=True)
    config = EncoderDecoderConfig.from_encoder_decoder_configs(BertConfig(**SIZE), decoder)
    config.attention_dropout = 0.1
    network = EncoderDecoderModel(config=config)
    monkeypatch.setattr(type(network.decoder), "_supports_sdpa", False)
    with pytest.raises(ValueError, match="does not support"):
        network.set_attn_implementation("sdpa")
    assert way_of(network) == "sdpa"


def test_the_weights_are_those_of_the_fused_one(
    tiny: Path, train_rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "is_bf16_fast", lambda: False)
    train(json.dumps(train_config(tiny, train_rows, tmp_path / "steps")))
    monkeypatch.setattr(attention, "FUSED", "none such")
    train(json.dumps(train_config(tiny, train_rows, tmp_path / "fused")))
    one, other = (AutoModelForSequenceClassification.from_pretrained(tmp_path / name) for name in ("steps", "fused"))
    for (name, weight), (_, expected) in zip(one.named_parameters(), other.named_parameters(), strict=True):
        torch.testing.assert_close(
            weight, expected, rtol=1e-3, atol=1e-4, msg=lambda text, name=name: f"{name}: {text}"
        )
