"""How many tokens a network takes: tried, since a configuration's number may count what can't be used.

RoBERTa and its kin number positions after the padding token's, and so have two more of them than they take tokens.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from refit_trainer.contract.library_errors import is_of_machine

DEFAULT_LENGTH = 512
"""Tokens, where a model names no limit."""
CHEAP = 1024
"""Tokens up to which every network is tried; beyond, one that has a table of positions."""


def find_length(network: Any, tokenizer: Any, sentence: str) -> int:
    """Return how many tokens a network takes; raise whatever it raises at a short batch."""
    tokens = tokenizer(sentence)["input_ids"]
    _run(network, tokenizer, [tokens, tokens[:1]])
    limit = int(min(tokenizer.model_max_length, _limit_in_config(network)))
    if limit > CHEAP and not _has_positions(network, limit):
        return limit
    filler = next((token for token in reversed(tokens) if token not in tokenizer.all_special_ids), tokens[0])

    def fits(length: int) -> bool:
        try:
            _run(network, tokenizer, [[filler] * length])
        except Exception as error:
            if is_of_machine(error):
                raise
            return False
        return True

    return find_longest(fits, limit)


def find_longest(fits: Callable[[int], bool], limit: int) -> int:
    """Return the greatest number up to a limit that fits, where each below one that fits does so too; at least 1."""
    found, beyond, step = limit, limit + 1, 1
    while found > 1 and not fits(found):
        beyond, found, step = found, max(1, found - step), step * 2
    while beyond - found > 1:
        middle = (found + beyond) // 2
        found, beyond = (middle, beyond) if fits(middle) else (found, middle)
    return found


def _limit_in_config(network: Any) -> int:
    limit = getattr(network.config.get_text_config(), "max_position_embeddings", None)
    return limit if isinstance(limit, int) and limit > 0 else DEFAULT_LENGTH


def _has_positions(network: Any, limit: int) -> bool:
    tables = [part for part in network.modules() if isinstance(part, torch.nn.Embedding)]
    return any(table.num_embeddings >= limit for table in tables if table is not network.get_input_embeddings())


def _run(network: Any, tokenizer: Any, rows: Sequence[Sequence[int]]) -> None:
    batch = tokenizer.pad([{"input_ids": list(row)} for row in rows], return_tensors="pt")
    with torch.inference_mode():
        network(**{name: tensor.to(network.device) for name, tensor in batch.items()})
