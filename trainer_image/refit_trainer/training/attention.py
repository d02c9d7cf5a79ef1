"""Which of a network's ways to compute attention it trains by. Both have the same products and the same dropout."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformers import PreTrainedModel

from refit_trainer.training.compute import pick_device

FUSED, STEPWISE = "sdpa", "eager"
DROPOUTS = ("attention_probs_dropout_prob", "attention_dropout")
"""What configurations call the share of attention's weights that is dropped."""


@contextmanager
def training_attention(network: Any) -> Iterator[None]:
    """On a CPU, have a network that drops attention weights compute attention step by step while it trains.

    torch's fused attention has no dropout on a CPU: what it does instead is the same steps in more copies, and slower.
    """
    if not _falls_back(network):
        yield
        return
    network.set_attn_implementation(STEPWISE)
    try:
        yield
    finally:
        network.set_attn_implementation(FUSED)


def _falls_back(network: Any) -> bool:
    """Tell whether the fused attention can't be used for what the network asks of it, and can be set again after."""
    if pick_device().type != "cpu" or not isinstance(network, PreTrainedModel):
        return False
    config = network.config
    drops = any((getattr(config, name, 0) or 0) > 0 for name in DROPOUTS)
    parts = (part for part in network.modules() if isinstance(part, PreTrainedModel))
    return drops and config._attn_implementation == FUSED and all(part._supports_sdpa for part in parts)
