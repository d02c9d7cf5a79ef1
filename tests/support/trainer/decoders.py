"""Tiny untrained decoders with a tokenizer of bytes and a chat template: nothing is downloaded."""

from pathlib import Path
from typing import Any

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SIZE = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}
KINDS: dict[str, dict[str, Any]] = {
    "Llama": {**SIZE, "num_key_value_heads": 2, "tie_word_embeddings": False},
    "Qwen2": {**SIZE, "num_key_value_heads": 2, "tie_word_embeddings": True},
    "GPT2": {"n_embd": 48, "n_layer": 2, "n_head": 4},
    "Mamba": {"hidden_size": 48, "num_hidden_layers": 2, "state_size": 8},
}


def make_byte_tokenizer(template: str | None = CHATML, length: int = 256, words: tuple[str, ...] = ()) -> Any:
    """Return a tokenizer with a token for each byte, for chat's marks, and for the words that are given."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    names = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    inner = Tokenizer(models.BPE({name: number for number, name in enumerate(names)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token=special[0], extra_special_tokens=special[1:], model_max_length=length
    )
    tokenizer.add_tokens(list(words))
    tokenizer.chat_template = template
    return tokenizer


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
