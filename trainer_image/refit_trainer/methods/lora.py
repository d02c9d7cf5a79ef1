"""`lora`: low-rank adapters (Hu et al. 2021, by peft) are trained beside frozen weights, and merged at the end.

So the checkpoint has the architecture that the training started from: judge and server need no adapters. The head,
which may be new, is trained in full; where answers are words that the model knows, it is left as it is. The adapters
can be kept beside the merged weights, for servers that load them over the model that the training started from.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from peft import LoraConfig, get_peft_model
from pydantic import Field
from transformers.pytorch_utils import Conv1D

from refit_trainer.artifacts.adapter import write_adapter
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.methods import full
from refit_trainer.tasks import LoadedModel, Task
from refit_trainer.training.compute import seed_everything
from refit_trainer.training.training_state import StateStore


class Hyperparameters(full.Hyperparameters):
    """The hyperparameters of `full`, and those of the adapters."""

    learning_rate: float = Field(1e-3, gt=0)
    rank: int = Field(8, gt=0)
    """Rank of the matrices; those of a layer are of (inputs + outputs) x rank weights."""
    alpha: float = Field(16, gt=0)
    """What the matrices add is scaled by alpha / rank."""
    keep_adapter: bool = False
    """Whether the adapters are published too, in the checkpoint's folder `adapter`."""
    frozen_dtype: Literal["float32", "bfloat16"] = "float32"
    """Number format of what doesn't learn while the adapters do: bfloat16 takes half the memory."""


class Lora:
    """The method `lora`."""

    hyperparameters = Hyperparameters
    supports_distributed = True

    def accept(self, task: Task, is_trained: bool) -> ColumnRoles:
        """Learn from what the task has; which networks can't be adapted is known once one is loaded."""
        return task.roles

    def train(
        self, task: Task, model: LoadedModel, rows: Sequence[Row], settings: Hyperparameters, states: StateStore
    ) -> dict[str, float]:
        """Train as `full` does, merge, and return its metrics and the share of the weights that learnt."""
        learns_head = task.learns_head
        if settings.frozen_dtype != "float32" and learns_head:
            raise BadInput(
                f"hyperparameters.frozen_dtype={settings.frozen_dtype!r}: the head of this task learns in full: float32"
            )
        seed_everything(settings.seed)
        network = model.network.to(getattr(torch, settings.frozen_dtype))
        adapted = replace(model, network=get_peft_model(network, build_config(network, settings, learns_head)))
        learning, total = adapted.network.get_nb_trainable_parameters()
        metrics = full.METHOD.train(task, adapted, rows, settings, states)
        if settings.keep_adapter:
            model.beside = write_adapter(adapted.network)
        model.network = adapted.network.float().merge_and_unload()
        return metrics | {"trained_share": round(learning / total, 6)}


def build_config(network: Any, settings: Hyperparameters, learns_head: bool = True) -> LoraConfig:
    """Return what peft is to adapt; raise BadInput where nothing is, or where the head could only learn as embeddings.

    Linear layers and convolutions of the backbone are adapted; what is beside the backbone learns in full, if at all.
    """
    if (
        learns_head
        and getattr(network.config, "tie_word_embeddings", False)
        and network.get_output_embeddings() is not None
    ):
        raise _refusal(network, "answers by its embeddings, which adapters leave as they are")
    backbone = network.base_model
    inside = {id(part) for part in backbone.modules()}
    if not learns_head:
        inside -= {id(network.get_output_embeddings())}
    targets = [name for name, part in network.named_modules() if name and id(part) in inside and _is_adaptable(part)]
    if not targets:
        raise _refusal(network, "has no linear layer or convolution to adapt in its backbone")
    beside = [name for name, part in network.named_children() if part is not backbone and list(part.parameters())]
    heads = beside if learns_head else []
    return LoraConfig(r=settings.rank, lora_alpha=settings.alpha, target_modules=targets, modules_to_save=heads or None)


def _is_adaptable(layer: Any) -> bool:
    return isinstance(layer, (torch.nn.Linear, Conv1D)) or (isinstance(layer, torch.nn.Conv2d) and layer.groups == 1)


def _refusal(network: Any, reason: str) -> BadInput:
    return BadInput(f"hyperparameters.method='lora': {type(network).__name__} {reason}")


METHOD = Lora()
