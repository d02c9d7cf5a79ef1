"""The models: real architectures, made from their configurations."""

from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, LlamaConfig, LlamaForCausalLM

from benchmarks.byte_tokenizer import make_byte_tokenizer
from benchmarks.gpu.sizes import Sizes
from refit_trainer.training.compute import pick_device
from tests.support.trainer.commands import SENTENCES, make_tiny_bert, read_rows

LABELS = {0: "negative", 1: "positive"}


def texts() -> list[str]:
    """Return real sentences."""
    return [row["text"] for row in read_rows(SENTENCES)]


def make_encoder(folder: Path, sizes: Sizes) -> Path:
    """Write a classifier of sentences without dropout, so that two processes learn what one does."""
    make_tiny_bert(folder, texts())
    quiet = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    config = BertConfig.from_pretrained(folder, id2label=LABELS, **sizes.encoder, **quiet)
    torch.manual_seed(0)
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def make_decoder(folder: Path, sizes: Sizes) -> Path:
    """Write a decoder in bf16, with a tokenizer of bytes."""
    tokenizer = make_byte_tokenizer(length=2 * sizes.sequence)
    ends = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": None}
    config = LlamaConfig(**sizes.decoder, **ends, max_position_embeddings=2 * sizes.sequence, tie_word_embeddings=True)
    torch.manual_seed(0)
    with pick_device():
        LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
