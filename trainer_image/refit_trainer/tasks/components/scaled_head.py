"""A head that gives a number, moved to a scale for as long as it learns, and back: the same function all the while."""

from typing import Any

import torch

from refit_trainer.tasks.components.heads import find_last_layer
from refit_trainer.tasks.components.numbers import Scale


def move_to_scale(network: Any, scale: Scale, is_trained: bool) -> Scale:
    """Have a network give deviations from the mean; return the scale that it is on.

    A new head is there already. A last layer without an offset can't hold the mean, so its scale has the mean 0; a
    network that doesn't end in a linear layer stays as it is, on the scale of the numbers themselves.
    """
    layer = find_last_layer(network, 1)
    if layer is None:
        return Scale(0.0, 1.0)
    found = scale if layer.bias is not None else Scale(0.0, (scale.mean**2 + scale.deviation**2) ** 0.5)
    if is_trained:
        with torch.no_grad():
            layer.weight.copy_(layer.weight.double() / found.deviation)
            if layer.bias is not None:
                layer.bias.copy_((layer.bias.double() - found.mean) / found.deviation)
    return found


def restore(network: Any, scale: Scale) -> None:
    """Have a network on a scale give the numbers themselves."""
    layer = find_last_layer(network, 1)
    if layer is None:
        return
    with torch.no_grad():
        layer.weight.copy_(layer.weight.double() * scale.deviation)
        if layer.bias is not None:
            layer.bias.copy_(layer.bias.double() * scale.deviation + scale.mean)
