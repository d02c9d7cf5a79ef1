"""Tiny untrained models of several architectures, made from configurations: nothing is downloaded."""

from pathlib import Path
from typing import Any

WORDS = ["a", "b", "c", "good", "bad", "film", "the", "first", "call", "is", "slow", "one", "."]
LABELS = {0: "negative", 1: "positive"}
SIZE = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}


def make_tokenizer(folder: Path, **special: str) -> Any:
    """Write a tokenizer that knows a few words and these special tokens, in this order before them."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    names = list(dict.fromkeys([*special.values(), "<unk>", *WORDS]))
    inner = Tokenizer(models.WordLevel({name: number for number, name in enumerate(names)}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>", **special)
    tokenizer.save_pretrained(folder)
    return tokenizer


def make_byte_tokenizer(folder: Path) -> Any:
    """Write Qwen's tokenizer with a token for each byte; transformers gives it one for the end of a text."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    letters = sorted(ByteLevel.alphabet())
    vocabulary = {name: number for number, name in enumerate(["<|endoftext|>", *letters])}
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=[])
    tokenizer.save_pretrained(folder)
    return tokenizer


def make_classifier(folder: Path, kind: str, special: dict[str, str], head: bool = True, **settings: Any) -> Path:
    """Write a text classifier of an architecture such as `Roberta`, with a head or without; return its folder."""
    import torch
    import transformers

    folder.mkdir(parents=True)
    tokenizer = make_tokenizer(folder, **special) if special is not BYTES else make_byte_tokenizer(folder)
    torch.manual_seed(0)
    labels = {"id2label": LABELS, "label2id": {label: number for number, label in LABELS.items()}}
    given = {"vocab_size": len(tokenizer), **SIZE, **(labels if head else {}), **settings}
    config = getattr(transformers, f"{kind}Config")(**given)
    getattr(transformers, f"{kind}{'ForSequenceClassification' if head else 'Model'}")(config).save_pretrained(folder)
    return folder


BYTES: dict[str, str] = {}
"""Instead of special tokens: a tokenizer of bytes."""
ROBERTA = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>"}
"""RoBERTa's special tokens: that for padding has the number 1."""


def make_roberta(folder: Path, positions: int = 34, **settings: Any) -> Path:
    """Write a RoBERTa whose tokenizer names no greatest length."""
    return make_classifier(folder, "Roberta", ROBERTA, max_position_embeddings=positions, **settings)


def make_gpt2(folder: Path, special: dict[str, str] | None = None, **settings: Any) -> Path:
    """Write a GPT-2 without a pad token; by default it has one for the end of a text."""
    names = {"eos_token": "</s>"} if special is None else special
    ids = {"bos_token_id": 0, "eos_token_id": 0} if names else {"bos_token_id": None, "eos_token_id": None}
    return make_classifier(folder, "GPT2", names, **{"n_inner": 32, "max_position_embeddings": 32, **ids, **settings})


def make_qwen(folder: Path) -> Path:
    """Write a Qwen without a pad token in config.json."""
    return make_classifier(folder, "Qwen2", BYTES, num_key_value_heads=2, max_position_embeddings=32, eos_token_id=0)
