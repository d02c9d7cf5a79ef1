"""Weights kept in the number format that they are multiplied in.

Where bf16 is fast, autocast makes a bf16 copy of every weight at each request: two fifths of the time of a short one.
What it would copy is kept in bf16 alone, so that answers are the same, bit for bit, and a model takes half the memory.
"""

import gc
import logging
from pathlib import Path
from typing import Any

from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Task

log = logging.getLogger(__name__)


def load_narrow(task: Task, folder: Path) -> LoadedModel:
    """Load a model, its weights in bf16 where that is faster; as they are where the network can't compute so."""
    loaded = task.load(folder)
    if not narrow_weights(loaded.network) or _computes(task, loaded):
        return loaded
    del loaded
    gc.collect()  # there may be no room for two
    return task.load(folder)


def _computes(task: Task, loaded: LoadedModel) -> bool:
    """Tell whether a model answers its example. What it raises is kept by nobody: its traceback holds the model."""
    try:
        task.predict(loaded, [Row({task.input: task.example()})])
    except Exception as error:
        log.warning("model.weights_stay_float32 network=%s error=%.200s", type(loaded.network).__name__, str(error))
        return False
    return True


def narrow_weights(network: Any) -> bool:
    """Turn into bf16 the weights that are multiplied in it; tell whether there are any.

    Whatever else uses a weight, as embeddings that are the last layer's too, has it as it is, and so has a layer that
    is hooked: one that multiplies in fp32 by itself, or computes its weight at each call.
    """
    import torch
    from transformers.pytorch_utils import Conv1D

    from refit_trainer.training.compute import is_bf16_fast

    if not isinstance(network, torch.nn.Module) or not is_bf16_fast():
        return False
    kinds = (torch.nn.Linear, torch.nn.Conv2d, Conv1D)
    modules = list(network.modules())
    layers = [one for one in modules if type(one) in kinds and not (one._forward_hooks or one._forward_pre_hooks)]
    ours = {id(layer) for layer in layers}
    others = {id(weight) for one in modules if id(one) not in ours for weight in one.parameters(recurse=False)}
    free = [layer for layer in layers if not any(id(weight) in others for weight in layer.parameters(recurse=False))]
    for layer in free:
        layer.to(torch.bfloat16)
    return bool(free)
