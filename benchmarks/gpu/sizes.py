"""How large everything is: as it is measured, and as a dry run plays it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Of models, rows and requests."""

    encoder: Mapping[str, int]
    """Of the BERT that is trained from the start, and served."""
    decoder: Mapping[str, int]
    """Of the Llama that is fine-tuned."""
    sequence: int
    """Tokens of its rows."""
    batch: int
    steps: int
    """Of its training; the first ones aren't counted."""
    uncounted: int
    digits: int
    """Scans that are learnt."""
    goal: float
    """Of the others, right: where the clock stops."""
    requests: int
    clients: int


REAL = Sizes(
    encoder={"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536},
    decoder={
        "hidden_size": 2048,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "intermediate_size": 8192,
        "vocab_size": 128_256,
    },
    sequence=1024,
    batch=8,
    steps=24,
    uncounted=4,
    digits=1200,
    goal=0.95,
    requests=4000,
    clients=64,
)
"""MiniLM's and Llama 3.2 1B's shapes, with weights that nothing was learnt by."""
DRY = Sizes(
    encoder={"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32},
    decoder={
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "intermediate_size": 32,
        "vocab_size": 300,
    },
    sequence=48,
    batch=2,
    steps=6,
    uncounted=2,
    digits=160,
    goal=0.12,
    requests=40,
    clients=4,
)
