"""Runs inside the trainer image: a tiny language model that has learnt nothing is the first model; rows beside it.

It is to learn which word comes next in what people count by: days, months, seasons, numbers. Its tokens are whole
words, numbered as the task `recommendation` numbers items, so that the judge can ask it too.
"""

import json
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

LISTS = """
monday tuesday wednesday thursday friday saturday sunday
january february march april may june july august september october november december
spring summer autumn winter
one two three four five six seven eight nine ten eleven twelve
"""
CYCLES = [line.split() for line in LISTS.strip().splitlines()]
WORDS = [word for cycle in CYCLES for word in cycle]
SPECIAL = {"pad_token": "<pad>", "unk_token": "<unk>"}
HELD_OUT = 3  # words before the one that is asked for; other lengths are learnt from


def rows(lengths: range) -> list[dict[str, object]]:
    """Return each stretch of these lengths, with the word after it."""
    stretches = [
        [cycle[(start + place) % len(cycle)] for place in range(length + 1)]
        for cycle in CYCLES
        for start in range(len(cycle))
        for length in lengths
    ]
    return [{"items": words[:-1], "next": words[-1]} for words in stretches]


def write(path: str, lines: list[dict[str, object]]) -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def make_tokenizer() -> PreTrainedTokenizerFast:
    numbers = {word: number for number, word in enumerate([*SPECIAL.values(), *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token=SPECIAL["unk_token"]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **SPECIAL)


def make_model(folder: Path) -> None:
    set_seed(1)
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "max_position_embeddings": 32}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 4}
    ends = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": 0}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(WORDS) + len(SPECIAL), **size, **heads, **ends)).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    (folder / "items.json").write_text(json.dumps({"length": 31, "items": WORDS}))


write("/feedback/train/rows.jsonl", [row for length in (2, 4, 5) for row in rows(range(length, length + 1))])
write("/holdout/rows/rows.jsonl", rows(range(HELD_OUT, HELD_OUT + 1)))
make_model(Path("/models/reviews-v1"))
