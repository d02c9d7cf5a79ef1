"""A tokenizer that needs no training: a token for each byte, and for the marks of a chat."""

from typing import Any

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


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
