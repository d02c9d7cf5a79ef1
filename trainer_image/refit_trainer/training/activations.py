"""Gradient checkpointing: activations are computed again in the backward pass instead of being kept.

T. Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174, 2016: the gradients are the same, for
about a third more time.
"""

import logging
from collections.abc import Callable
from typing import Any, Literal

import torch

from refit_trainer.contract.errors import BadInput

Wish = Literal["auto", "on", "off"]
log = logging.getLogger(__name__)


def recompute_where_needed(network: Any, wish: Wish, try_step: Callable[[], None]) -> None:
    """Try a step of the training; have activations recomputed where that is wanted, or where a GPU's memory is short.

    On a CPU a lack of memory ends the process before it can be told: there it has to be wanted. Raise BadInput for a
    network that can't.
    """
    if wish == "on":
        _recompute(network)
    try:
        try_step()
    except torch.OutOfMemoryError as error:
        if wish != "auto":
            raise
        log.info("train.gradient_checkpointing reason=%.120s", error)
        network.zero_grad()
        torch.cuda.empty_cache()
        _recompute(network)


def _recompute(network: Any) -> None:
    if not getattr(network, "supports_gradient_checkpointing", False):
        raise BadInput(
            f"hyperparameters.gradient_checkpointing='on': {type(network).__name__} can't compute its activations again"
        )
    network.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
