"""Tiny untrained decoders with a tokenizer of bytes and a chat template: nothing is downloaded."""

from pathlib import Path
from typing import Any

from benchmarks.byte_tokenizer import make_byte_tokenizer

SIZE = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}
KINDS: dict[str, dict[str, Any]] = {
    "Llama": {**SIZE, "num_key_value_heads": 2, "tie_word_embeddings": False},
    "Qwen2": {**SIZE, "num_key_value_heads": 2, "tie_word_embeddings": True},
    "GPT2": {"n_embd": 48, "n_layer": 2, "n_head": 4},
    "Mamba": {"hidden_size": 48, "num_hidden_layers": 2, "state_size": 8},
}


def make_decoder(folder: Path, kind: str = "Llama", tokenizer: Any = None, positions: int = 256, **size: Any) -> Path:
    """Write an untrained decoder of an architecture such as `Llama`; return its folder."""
    import torch
    import transformers

    folder.mkdir(parents=True)
    tokenizer = tokenizer or make_byte_tokenizer()
    torch.manual_seed(0)
    ids = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": None}
    given = {"max_position_embeddings": positions, "vocab_size": len(tokenizer), **ids, **KINDS[kind], **size}
    network = getattr(transformers, f"{kind}ForCausalLM" if kind != "GPT2" else "GPT2LMHeadModel")
    network(getattr(transformers, f"{kind}Config")(**given)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
