"""Answers as a model gives them: greedy, or drawn with a seed; the same rows always get the same draws."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationConfig

from refit_trainer.contract.config import Generation
from refit_trainer.training.compute import autocast

BATCH = 16  # answers generated at once


def generate(
    network: Any, padding: int, prompts: Sequence[Sequence[int]], ends: Sequence[int], how: Generation
) -> list[list[int]]:
    """Return the tokens of an answer to each prompt, without what ends it.

    What a folder's generation_config.json says of sampling doesn't count: both models are asked alike.
    """
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    answers: dict[int, list[int]] = {}
    network.eval()
    with torch.inference_mode(), autocast(), torch.random.fork_rng():
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            torch.manual_seed(how.seed + start)
            found = _generate(network, padding, [prompts[i] for i in chosen], ends, how)
            answers.update(zip(chosen, found, strict=True))
    return [answers[place] for place in range(len(prompts))]


def _generate(
    network: Any, fill: int, prompts: Sequence[Sequence[int]], ends: Sequence[int], how: Generation
) -> list[list[int]]:
    longest = max(map(len, prompts))
    ids = torch.tensor([[*[fill] * (longest - len(row)), *row] for row in prompts], device=network.device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in prompts], device=network.device)
    drawn = {"do_sample": True, "temperature": how.temperature} if how.temperature else {"do_sample": False}
    config = GenerationConfig(
        max_new_tokens=how.max_new_tokens, eos_token_id=list(ends), pad_token_id=fill, num_beams=1, **drawn
    )
    found = network.generate(ids, attention_mask=mask, generation_config=config)[:, longest:]
    return [_up_to_end(answer, ends) for answer in found.tolist()]


def _up_to_end(answer: Sequence[int], ends: Sequence[int]) -> list[int]:
    """Return what comes before the first token that ends an answer."""
    at = next((place for place, token in enumerate(answer) if token in ends), len(answer))
    return list(answer[:at])
